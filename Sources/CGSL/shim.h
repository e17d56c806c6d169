// GSL, the parts kfrag computes every reported statistic with. GSL's globals are not
// concurrency-safe to Swift, so the ones we need come through these accessors.
#pragma once
#include <gsl/gsl_bspline.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <gsl/gsl_version.h>

static inline const gsl_rng_type *kfrag_gsl_mt19937(void) { return gsl_rng_mt19937; }
static inline const gsl_multimin_fminimizer_type *kfrag_gsl_nmsimplex2(void) {
  return gsl_multimin_fminimizer_nmsimplex2;
}
static inline const gsl_root_fsolver_type *kfrag_gsl_brent(void) { return gsl_root_fsolver_brent; }
static inline const char *kfrag_gsl_version(void) { return GSL_VERSION; }
