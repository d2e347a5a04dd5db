"""What every way of pooling returns."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]
Counts = NDArray[np.int64]
Values = Numbers | float


class Fit(NamedTuple):
    """Pooled results of one problem, or of many: ``...`` stands for the axes of problems, ``p`` for coefficients.

    Everything is on the scale on which it was pooled. NaN says that a quantity is not defined, or that the method
    does not give it.
    """

    beta: Numbers
    """Coefficients (..., p); without moderators the pooled estimate alone."""
    se: Numbers
    """Standard errors (..., p)."""
    cov: Numbers
    """Covariance of the coefficients (..., p, p)."""
    low: Numbers
    """Lower confidence limits (..., p)."""
    high: Numbers
    """Upper confidence limits (..., p)."""
    p: Numbers
    """Two-sided p-values of coefficient = 0 (..., p), 0 to 1."""
    tau2: Numbers
    """Variance between studies (...), at least 0."""
    tau2_low: Numbers
    tau2_high: Numbers
    i2: Numbers
    """Share of the variance that is between studies (...), in percent, 0 to 100."""
    h2: Numbers
    """Total variance over the typical variance within studies (...)."""
    q: Numbers
    """Cochran's Q of what the moderators leave unexplained (...)."""
    q_p: Numbers
    """Its p-value on ``df`` degrees of freedom (...)."""
    log_likelihood: Numbers
    """Of the fitted model (...); which constants it holds is said by each method."""
    prediction_low: Numbers
    """Lower limit for the true value of a further study (...); NaN with moderators."""
    prediction_high: Numbers
    k: Counts
    """Studies that entered (...)."""
    df: Counts
    """Residual degrees of freedom, k less coefficients (...)."""
