"""Writes cases.json: p-values of McNemar's test on the images that one of two networks alone classifies rightly.

Made with Python 3.11, statsmodels and scipy of the versions that it writes:  python make.py

The exact form: two-sided binomial, statsmodels' `mcnemar(exact=True)`, compared here with SciPy's `binomtest`. It is exact for
few images as for many, so no approximation by chi-square stands beside it.
"""

import json
from pathlib import Path

import scipy
import statsmodels
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

PAIRS = [(5, 5), (0, 1), (1, 3), (3, 10), (10, 3), (0, 8), (0, 60), (12, 31), (150, 210), (1900, 2100)]

cases = []
for first, second in PAIRS:
    p_value = float(mcnemar([[50, first], [second, 20]], exact=True).pvalue)
    assert abs(min(1.0, binomtest(first, first + second).pvalue) / min(1.0, p_value) - 1) < 1e-9, (first, second)
    cases.append({"only_first": first, "only_second": second, "p_value": min(1.0, p_value)})

versions = {"statsmodels": statsmodels.__version__, "scipy": scipy.__version__}
text = json.dumps({"versions": versions, "cases": cases}, indent=1)
Path(__file__).with_name("cases.json").write_text(text + "\n")
