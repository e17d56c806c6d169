#!/usr/bin/env python3
"""Reference values for Sim/Metrics, from SciPy and NumPy.

Run: python3 Tests/Golden/make_statistics.py > Tests/Golden/statistics.json
Made with SciPy 1.17.1 and NumPy 2.4.6.
"""
import itertools
import json
import math

import numpy as np
import scipy
from scipy import optimize, stats

rng = np.random.default_rng(20260707)
baseline = (4.0 + rng.normal(0, 0.3, 12)).round(6)
treatment = (baseline + 0.12 + rng.normal(0, 0.15, 12)).round(6)
other = (4.3 + rng.normal(0, 0.8, 9)).round(6)
out = {
    "made_with": {"scipy": scipy.__version__, "numpy": np.__version__},
    "baseline": baseline.tolist(),
    "treatment": treatment.tolist(),
    "other": other.tolist(),
}

# Quantiles and tails.
out["normal_quantiles"] = [[p, stats.norm.ppf(p)] for p in (1e-9, 0.001, 0.025, 0.5, 0.8, 0.999)]
out["t_quantiles"] = [
    [p, n, stats.t.isf(p, n)] for p in (0.025, 0.005, 0.1, 1e-6) for n in (1, 2, 3, 7.3, 29, 1000)
]
out["t_tails"] = [[t, n, stats.t.sf(t, n)] for t in (0.1, 1, 2.5, 12, 60) for n in (1, 4, 7.3, 200)]
out["f_quantiles"] = [
    [p, a, b, stats.f.isf(p, a, b)] for p in (0.05, 0.001, 0.5) for a, b in ((1, 5), (3, 20), (10, 4))
]
out["f_tails"] = [[f, a, b, stats.f.sf(f, a, b)] for f in (0.2, 1, 4.7, 30) for a, b in ((1, 5), (3, 20))]
out["quantiles"] = [[q, float(np.quantile(other, q))] for q in (0, 0.1, 0.25, 0.5, 0.9, 1)]
out["nct"] = [
    [t, n, d, float(stats.nct.cdf(t, n, d))]
    for t in (-2.0, 0.5, 2.04, 4.0) for n in (1, 2, 5, 30, 400) for d in (0.3, 1.5, 3.0)
]

# Paired and Welch.
paired = stats.ttest_rel(treatment, baseline)
ci = paired.confidence_interval(0.95)
ci99 = paired.confidence_interval(0.99)
d = treatment - baseline
out["paired"] = {
    "difference": d.mean(), "low": ci.low, "high": ci.high, "low99": ci99.low, "high99": ci99.high,
    "p": paired.pvalue, "dz": d.mean() / d.std(ddof=1), "relative": d.mean() / baseline.mean(),
}
welch = stats.ttest_ind(other, baseline, equal_var=False)
ci = welch.confidence_interval(0.95)
n, m = len(other), len(baseline)
pooled = math.sqrt(((n - 1) * other.var(ddof=1) + (m - 1) * baseline.var(ddof=1)) / (n + m - 2))
out["welch"] = {
    "difference": other.mean() - baseline.mean(), "low": ci.low, "high": ci.high,
    "p": welch.pvalue, "df": welch.df, "d": (other.mean() - baseline.mean()) / pooled,
}

# Bootstrap: the interval SciPy makes of one given distribution, and of many resamples.
small = stats.bootstrap((other,), np.mean, method="BCa", n_resamples=300, rng=7)
jack = [float(np.delete(other, i).mean()) for i in range(len(other))]
big = stats.bootstrap((other,), np.mean, method="BCa", n_resamples=200_000, rng=8)
out["bootstrap"] = {
    "estimates": small.bootstrap_distribution.tolist(), "jackknife": jack,
    "low": small.confidence_interval.low, "high": small.confidence_interval.high,
    "low_many": big.confidence_interval.low, "high_many": big.confidence_interval.high,
}

# Permutation tests, all arrangements.
def mean_difference(x, y, axis):
    return np.mean(x, axis=axis) - np.mean(y, axis=axis)

sign = stats.permutation_test((d,), lambda x, axis: np.mean(x, axis=axis),
                              permutation_type="samples", n_resamples=np.inf)
label = stats.permutation_test((other[:6], baseline[:7]), mean_difference, vectorized=True,
                               permutation_type="independent", n_resamples=np.inf)
full = stats.permutation_test((other, baseline), mean_difference, vectorized=True,
                              permutation_type="independent", n_resamples=np.inf, batch=20_000)
out["permutation"] = {"full": full.pvalue, "paired": sign.pvalue, "independent": label.pvalue}

# Holm: by its definition.
ps = [0.01, 0.04, 0.03, 0.005, 0.8, 0.02]
order = sorted(range(len(ps)), key=lambda i: ps[i])
holm = [0.0] * len(ps)
for rank, i in enumerate(order):
    holm[i] = min(1.0, max((len(ps) - r) * ps[j] for r, j in enumerate(order[: rank + 1])))
out["holm"] = {"p": ps, "adjusted": holm}

# Regression: normal equations solved by NumPy, p-values by SciPy.
pages = rng.uniform(100, 5000, 25).round(3)
entries = (pages / 9 + rng.uniform(0, 100, 25)).round(3)
response = (0.5 + 0.002 * pages + 0.01 * entries + rng.normal(0, 0.7, 25)).round(6)
X = np.column_stack([np.ones(25), pages, entries])
beta, ss, _, _ = np.linalg.lstsq(X, response, rcond=None)
cov = ss[0] / (25 - 3) * np.linalg.inv(X.T @ X)
se = np.sqrt(np.diag(cov))
half = stats.t.isf(0.025, 22) * se
out["regression"] = {
    "pages": pages.tolist(), "entries": entries.tolist(), "response": response.tolist(),
    "beta": beta.tolist(), "se": se.tolist(), "low": (beta - half).tolist(),
    "high": (beta + half).tolist(), "p": (2 * stats.t.sf(abs(beta / se), 22)).tolist(),
    "r2": 1 - ss[0] / ((response - response.mean()) ** 2).sum(),
}
line = stats.linregress(pages, response)
out["simple_regression"] = {"slope": line.slope, "se": line.stderr, "p": line.pvalue,
                            "intercept": line.intercept, "intercept_se": line.intercept_stderr}

# Variance components: restricted maximum likelihood found by a general optimiser, which for
# balanced data with positive estimates equals the analysis of variance.
groups = (10 + rng.normal(0, 2, (6, 1)) + rng.normal(0, 1, (6, 5))).round(6)

def reml(y, blocks, start):
    y = y.ravel()
    one = np.ones((len(y), 1))
    def loss(logs):
        V = sum(math.exp(l) * B for l, B in zip(logs, blocks))
        W = np.linalg.inv(V)
        info = (one.T @ W @ one)[0, 0]
        mu = (one.T @ W @ y)[0] / info
        r = y - mu
        return np.linalg.slogdet(V)[1] + math.log(info) + r @ W @ r
    best = optimize.minimize(loss, np.log(start), method="Nelder-Mead",
                             options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20000, "maxfev": 20000})
    return np.exp(best.x).tolist()

J = np.kron(np.eye(6), np.ones((5, 5)))
f = stats.f_oneway(*groups)
out["oneway"] = {"groups": groups.tolist(), "components": reml(groups, [J, np.eye(30)], [2, 1]),
                 "p": f.pvalue}
cells = (20 + rng.normal(0, 3, (4, 1, 1)) + rng.normal(0, 2, (1, 5, 1))
         + rng.normal(0, 1.5, (4, 5, 1)) + rng.normal(0, 0.7, (4, 5, 3))).round(6)
A = np.kron(np.eye(4), np.ones((15, 15)))
B = np.kron(np.ones((4, 4)), np.kron(np.eye(5), np.ones((3, 3))))
AB = np.kron(np.eye(20), np.ones((3, 3)))
out["twoway"] = {"cells": cells.tolist(),
                 "components": reml(cells, [A, B, AB, np.eye(60)], [9, 4, 2, 0.5])}

# Warm-up: MSER-5 by its definition; batch means.
series = (5 + 4 * np.exp(-np.arange(400) / 30) + rng.normal(0, 0.5, 400)).round(6)
means = series.reshape(-1, 5).mean(axis=1)
errors = [((means[c:] - means[c:].mean()) ** 2).sum() / len(means[c:]) ** 2
          for c in range(len(means) // 2 + 1)]
cut = int(np.argmin(errors)) * 5
rest = series[cut:]
size = len(rest) // 20
batches = rest[len(rest) - 20 * size:].reshape(20, size).mean(axis=1)
ci = stats.t.interval(0.95, 19, batches.mean(), batches.std(ddof=1) / math.sqrt(20))
out["warmup"] = {"series": series.tolist(), "discard": cut, "mean": batches.mean(),
                 "low": ci[0], "high": ci[1]}

# Power of the paired and two-sample t tests.
def power_paired(n, d):
    t = stats.t.isf(0.025, n - 1)
    delta = d * math.sqrt(n)
    return stats.nct.sf(t, n - 1, delta) + stats.nct.cdf(-t, n - 1, delta)

def power_two(n, d):
    t = stats.t.isf(0.025, 2 * n - 2)
    delta = d * math.sqrt(n / 2)
    return stats.nct.sf(t, 2 * n - 2, delta) + stats.nct.cdf(-t, 2 * n - 2, delta)

out["power"] = {
    "paired": [[n, e, float(power_paired(n, e))] for n in (3, 10, 34) for e in (0.2, 0.5, 1.0)],
    "two": [[n, e, float(power_two(n, e))] for n in (3, 10, 64) for e in (0.2, 0.5, 1.0)],
    "paired_n": [[e, next(n for n in itertools.count(2) if power_paired(n, e) >= 0.8)]
                 for e in (0.2, 0.5, 1.0, 3.0)],
    "two_n": [[e, next(n for n in itertools.count(2) if power_two(n, e) >= 0.8)]
              for e in (0.25, 0.5, 1.0)],
}

# Shapley: all orders walked one by one.
values = rng.uniform(0, 10, 16).round(6)
total = [0.0] * 4
for order in itertools.permutations(range(4)):
    mask = 0
    for c in order:
        total[c] += values[mask | 1 << c] - values[mask]
        mask |= 1 << c
out["shapley"] = {"values": values.tolist(), "contributions": [t / 24 for t in total]}

# Three crossed random factors, one value a cell: components by restricted likelihood, F tests by
# dropping one factor at a time from the least-squares fit.
own = np.random.default_rng(42)
l = 4
y = (50 + own.normal(0, 2, (l, 1, 1)) + own.normal(0, 3, (1, l, 1)) + own.normal(0, 1.5, (1, 1, l))
     + own.normal(0, 0.8, (l, l, l))).round(6)
one, eye = np.ones((l, l)), np.eye(l)
kernels = [np.kron(np.kron(eye, one), one), np.kron(np.kron(one, eye), one),
           np.kron(np.kron(one, one), eye), np.eye(l ** 3)]
blocks = [np.kron(np.kron(eye, np.ones((l, 1))), np.ones((l, 1))),
          np.kron(np.kron(np.ones((l, 1)), eye), np.ones((l, 1))),
          np.kron(np.kron(np.ones((l, 1)), np.ones((l, 1))), eye)]


def residual(parts):
    x = np.hstack([np.ones((l ** 3, 1))] + parts)
    fit = x @ np.linalg.lstsq(x, y.ravel(), rcond=None)[0]
    return float(((y.ravel() - fit) ** 2).sum())


error, degrees = residual(blocks), l ** 3 - 1 - 3 * (l - 1)
tests = [(residual(blocks[:i] + blocks[i + 1:]) - error) / (l - 1) / (error / degrees)
         for i in range(3)]
out["threeway"] = {"values": y.ravel().tolist(), "levels": l,
                   "components": reml(y, kernels, [4, 9, 2, 0.6]),
                   "p": [float(stats.f.sf(f, l - 1, degrees)) for f in tests]}

print(json.dumps(out, indent=1, sort_keys=True))
