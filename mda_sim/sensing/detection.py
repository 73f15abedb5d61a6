"""How likely a radar pulse train is to be detected: fluctuating targets, pulses added without phase.

Model: a square-law detector adds the power of n pulses, noise of mean power 1 in each, and compares the sum
with a threshold T that noise alone passes with probability Pfa: Q(n, T) = Pfa, Q the upper regularised
incomplete gamma function. The power of a target that returns the energy x is non-central chi-square: a
Poisson(x) number k of further degrees of freedom, Pd = sum_k P(k) Q(n + k, T). Swerling's cases are how x
varies about its mean n s, s the mean signal-to-noise ratio of a pulse: not at all (0), as a gamma variable of
shape 1 (case 1), n (2), 2 (3) or 2 n (4). Then k is Poisson (0) or negative binomial of that shape. All five
are one sum of positive terms, finite because Q(n + k, T) soon is 1.

Assumptions and limits: white Gaussian noise of known power; one value of the fluctuation holds for all pulses
of a scan in cases 1 and 3, each pulse has its own in 2 and 4; scans are independent.

Source: P. Swerling, "Probability of Detection for Fluctuating Targets", IRE Transactions on Information
Theory IT-6(2), 1960, pp. 269-308 (cases 1 to 4); J. I. Marcum, "A Statistical Theory of Target Detection by
Pulsed Radar", ibid., pp. 59-144 (case 0); D. A. Shnidman, "Expanded Swerling Target Models", IEEE
Transactions on Aerospace and Electronic Systems 39(3), 2003, pp. 1059-1069 (gamma shapes of the cases). That
the non-central chi-square is a Poisson mixture, and a Poisson variable of gamma mean negative binomial, is
textbook probability. Where next: ``radar_tables`` tabulates it for one radar.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Swerling = Literal[0, 1, 2, 3, 4]
"""Case of fluctuation: 0 steady; 1 and 3 from scan to scan; 2 and 4 from pulse to pulse. 1 and 2 many like
scatterers (Rayleigh), 3 and 4 one that dominates."""

_NEGLIGIBLE: Final = 1e-18
_AT_ONCE: Final = 1 << 21  # terms worked on at once, to bound memory
_LEAST_SNR: Final = 1e-9  # raises Pfa by 1e-9 T of itself at most, as Q(n + 1, T) <= (1 + T / n) Q(n, T)


def threshold(n_pulses: int, p_false_alarm: float) -> float:
    """Threshold on the sum of n pulse powers, in mean noise powers of one pulse [1].

    >>> round(threshold(1, 1e-6), 4)  # -ln(Pfa)
    13.8155
    """
    from scipy.special import gammainccinv

    _check(n_pulses, p_false_alarm)
    return float(gammainccinv(n_pulses, p_false_alarm))


def p_detect(
    snr: ArrayLike, n_pulses: int, p_false_alarm: float, swerling: Swerling = 1
) -> NDArray[np.float64]:
    """Exact probability that ``n_pulses`` added are above the threshold, shape of ``snr``.

    ``snr`` is the mean signal-to-noise ratio of one pulse, >= 0 and finite [1]; at 0 it is ``p_false_alarm``.
    Good to 1e-12 up to 200 pulses and to 1e-11 up to 10,000, for false alarms down to 1e-15. ValueError for a
    ratio that is negative or not finite, less than one pulse, a false-alarm probability outside (0, 1) or
    another case.

    >>> float(p_detect(0.0, 10, 1e-6, 3).round(9))
    1e-06
    """
    from scipy.special import gammaincc

    mean = np.asarray(snr, np.float64) * n_pulses
    if not ((mean >= 0.0) & np.isfinite(mean)).all():
        raise ValueError("a signal-to-noise ratio is at least 0 and finite")
    level = threshold(n_pulses, p_false_alarm)
    further = np.arange(_n_terms(n_pulses, level), dtype=np.float64)
    above = gammaincc(n_pulses + further, level)
    shape = _shape(swerling, n_pulses)
    flat = mean.ravel()
    out = np.empty(flat.size)
    step = max(1, _AT_ONCE // further.size)
    for first in range(0, flat.size, step):
        some = flat[first : first + step, None]
        log_p, beyond = _poisson(some, further) if shape is None else _negative_binomial(some, further, shape)
        out[first : first + step] = (np.exp(log_p) * above).sum(axis=1) + beyond
    return np.minimum(out, 1.0).reshape(mean.shape)


def required_snr(
    p_detect: ArrayLike, n_pulses: int, p_false_alarm: float, swerling: Swerling = 1
) -> NDArray[np.float64]:
    """Mean signal-to-noise ratio of one pulse that gives a probability, the inverse of ``p_detect`` [1].

    Shape of ``p_detect``, each in (p_false_alarm, 1), else ValueError. Good to 1e-10 relative; 0 where less
    than ``_LEAST_SNR`` is enough.
    """
    wanted = np.asarray(p_detect, np.float64)
    if not ((wanted > p_false_alarm) & (wanted < 1.0)).all():
        raise ValueError(f"expected probabilities above p_false_alarm ({p_false_alarm:g}) and below 1")
    ratios = [_inverse(float(one), n_pulses, p_false_alarm, swerling) for one in wanted.ravel()]
    return np.array(ratios, np.float64).reshape(wanted.shape)


def albersheim_snr_db(
    p_detect: ArrayLike, p_false_alarm: ArrayLike, n_pulses: ArrayLike
) -> NDArray[np.float64]:
    """Albersheim's estimate of the ratio that a steady target (case 0) needs in each pulse [dB].

    For a linear detector, 0.1 <= Pd <= 0.9, 1e-7 <= Pfa <= 1e-3 and 1 to 8,096 pulses, where it is said to
    err by less than 0.2 dB. Against the exact square-law detector it errs by up to 0.33 dB for Pd of 0.3 or
    more, but by 0.9 dB at 0.2 and 4.1 dB at 0.1 (one pulse, Pfa 1e-3). The arguments broadcast.

    Source: W. J. Albersheim, "A Closed-Form Approximation to Robertson's Detection Characteristics",
    Proceedings of the IEEE 69(7), 1981, p. 839.
    """
    p, p_fa, n = (np.asarray(one, np.float64) for one in (p_detect, p_false_alarm, n_pulses))
    a = np.log(0.62 / p_fa)
    b = np.log(p / (1.0 - p))
    return -5.0 * np.log10(n) + (6.2 + 4.54 / np.sqrt(n + 0.44)) * np.log10(a + 0.12 * a * b + 1.7 * b)


def shnidman_snr_db(
    p_detect: ArrayLike, p_false_alarm: ArrayLike, n_pulses: ArrayLike, swerling: Swerling = 1
) -> NDArray[np.float64]:
    """Shnidman's estimate of the ratio that a target of any case needs in each pulse [dB].

    For a square-law detector, 0.1 <= Pd <= 0.99, 1e-9 <= Pfa <= 1e-3 and 1 to 100 pulses, where it is said to
    err by less than 0.5 dB. Against the exact ratio it errs by up to 0.3, 1.2, 1.2, 0.9 and 0.6 dB in cases 0
    to 4; cases 1 and 2 are worst at Pd of 0.97 and Pfa of 1e-9. The arguments broadcast.

    Source: D. A. Shnidman, "Determination of Required SNR Values", IEEE Transactions on Aerospace and
    Electronic Systems 38(3), 2002, pp. 1059-1064.
    """
    p, p_fa, n = (np.asarray(one, np.float64) for one in (p_detect, p_false_alarm, n_pulses))
    inverse_shape = {0: 0.0 * n, 1: 1.0 + 0.0 * n, 2: 1.0 / n, 3: 0.5 + 0.0 * n, 4: 0.5 / n}[swerling]
    alpha = np.where(n < 40, 0.0, 0.25)
    eta = np.sqrt(-0.8 * np.log(4.0 * p_fa * (1.0 - p_fa)))
    eta = eta + np.sign(p - 0.5) * np.sqrt(-0.8 * np.log(4.0 * p * (1.0 - p)))
    steady = eta * (eta + 2.0 * np.sqrt(n / 2.0 + alpha - 0.25))
    c1 = (((17.7006 * p - 18.4496) * p + 14.5339) * p - 3.525) * inverse_shape
    high = np.exp(27.31 * p - 25.14) + (p - 0.8) * (0.7 * np.log(1e-5 / p_fa) + (2.0 * n - 20.0) / 80.0)
    c_db = c1 + np.where(p > 0.872, high * inverse_shape, 0.0)
    return np.asarray(c_db + 10.0 * np.log10(steady / n), np.float64)


def _check(n_pulses: int, p_false_alarm: float) -> None:
    if n_pulses < 1:
        raise ValueError(f"expected at least 1 pulse, got {n_pulses}")
    if not 0.0 < p_false_alarm < 1.0:
        raise ValueError(f"expected a false-alarm probability between 0 and 1, got {p_false_alarm:g}")


def _shape(swerling: Swerling, n_pulses: int) -> int | None:
    """Shape of the gamma variable that the returned energy is; None if it is steady."""
    shapes = {0: None, 1: 1, 2: n_pulses, 3: 2, 4: 2 * n_pulses}
    if swerling not in shapes:
        raise ValueError(f"expected a Swerling case 0 to 4, got {swerling}")
    return shapes[swerling]


def _n_terms(n_pulses: int, level: float) -> int:
    """How many terms until Q(n + k, T) is 1 but for ``_NEGLIGIBLE``."""
    from scipy.special import gammainc

    n_terms = max(1, math.ceil(level - n_pulses + 9.0 * math.sqrt(level)) + 20)
    while gammainc(n_pulses + n_terms, level) > _NEGLIGIBLE:
        n_terms += n_terms // 4
    return n_terms


def _poisson(
    mean: NDArray[np.float64], k: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithm of the probability of each k, and the probability of more than the last."""
    from scipy.special import gammaln, pdtrc, xlogy

    return xlogy(k, mean) - mean - gammaln(k + 1.0), pdtrc(k[-1], mean[:, 0])


def _negative_binomial(
    mean: NDArray[np.float64], k: NDArray[np.float64], shape: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logarithm of the probability of each k, and the probability of more than the last."""
    from scipy.special import betainc, gammaln, xlogy

    ways = gammaln(k + shape) - gammaln(shape) - gammaln(k + 1.0)
    share = mean / (shape + mean)
    log_p = ways + xlogy(k, share) - shape * np.log1p(mean / shape)
    return log_p, betainc(k[-1] + 1.0, shape, share[:, 0])


def _inverse(wanted: float, n_pulses: int, p_false_alarm: float, swerling: Swerling) -> float:
    from scipy.optimize import brentq

    def excess(log_snr: float) -> float:
        return float(p_detect(math.exp(log_snr), n_pulses, p_false_alarm, swerling)) - wanted

    low, high = math.log(_LEAST_SNR), math.log(1e3)
    if excess(low) >= 0.0:
        return 0.0
    while excess(high) < 0.0:
        high += math.log(1e3)
    return math.exp(float(brentq(excess, low, high, xtol=1e-12, rtol=1e-14)))
