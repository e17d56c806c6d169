# %% [markdown]
# # A sweep in pandas
# Run first, beside this file or with KFRAG_SWEEP naming another folder:
#
#     kfrag compare Scenarios/debian12-host.yaml --csv -o compare.csv
#     kfrag sweep PLAN --into sweep
#
# The cells work as a script too: `python3 sweep.py`. Wants pandas and matplotlib.
# Columns: docs/data-dictionary.md.

# %%
import os
import pathlib
import sys

import matplotlib

matplotlib.use(os.environ.get("MPLBACKEND", "Agg"))
import matplotlib.pyplot as plt
import pandas as pd

folder = pathlib.Path(os.environ.get("KFRAG_SWEEP", "sweep"))
if not (folder / "comparisons.csv").exists():
    sys.exit(f"{folder} holds no comparisons.csv: run 'kfrag sweep PLAN --into {folder}'")
comparisons = pd.read_csv(folder / "comparisons.csv")
ladder = pd.read_csv(folder / "ladder.csv")
fixed = ["metric", "baseline", "treatment", "difference", "low", "high", "confidence",
         "relative", "pValue", "effectSize", "replicates"]
axes = [name for name in comparisons.columns if name not in fixed + ["point"]]
metric = "translationCycles.pki"


def label(row):
    return ", ".join(f"{axis}={row[axis]}" for axis in axes) or f"point {row['point']}"


# %% [markdown]
# ## Figure 1: the penalty at every point, with its interval

# %%
own = comparisons[comparisons["metric"] == metric].copy()
own["label"] = own.apply(label, axis=1) + " (" + own["treatment"] + ")"
base = own["difference"] / own["relative"]
figure, plot = plt.subplots(figsize=(8, 1 + 0.35 * len(own)))
plot.errorbar(
    100 * own["relative"], range(len(own)), fmt="o",
    xerr=[100 * (own["difference"] - own["low"]) / base.abs(),
          100 * (own["high"] - own["difference"]) / base.abs()])
plot.set_yticks(range(len(own)), own["label"])
plot.axvline(0, color="grey")
plot.set_xlabel(f"{metric}: % more than the baseline")
plot.invert_yaxis()
figure.tight_layout()
figure.savefig("penalty.png", dpi=150)

# %% [markdown]
# ## Figure 2: causes, stacked

# %%
parts = ladder[ladder["metric"] == metric].copy()
parts["label"] = parts.apply(label, axis=1)
table = parts.pivot_table(
    index="label", columns="cause", values="contribution", sort=False)
plot = table.plot.barh(stacked=True, figsize=(8, 1.5 + 0.35 * len(table)))
plot.set_xlabel(f"{metric} added")
plot.set_ylabel("")
plot.figure.tight_layout()
plot.figure.savefig("causes.png", dpi=150)
print(table.round(3).to_string())
