// Worst errors of the SIMD kernels' elementary functions; accuracy.test.ts and exhaustive.ts hold them.

/** Of e^x over all floats, in ulp; the worst is 1.0091, at 37.7792778. */
export const EXP_ULP = 1.01
/**
 * Of the e^s of couplings whose e^f is at most e^¼, in ulp, and of that where |s| ≤ ½; the worst are 3.8876, at
 * s = −1.2442275, and 1.7191, at 0.4714987. Half the operations of the general one: 8 % of the time of a narrow net.
 */
export const SHORT_EXP_ULP = { all: 3.9, half: 1.75 }
/** Likewise where e^f is at most 5.8; the worst is 1.3029, at s = 1.733642. */
export const MODERATE_EXP_ULP = 1.31
/** Of ln x over all floats, in ulp; the worst is 0.9543. */
export const LOG_ULP = 1
/**
 * Of tanh x over all floats, in ulp; the worst is 3.4507, at ±0.542166114. One division costs 0.7 ulp more than two,
 * and takes a fifth of the time less.
 */
export const TANH_ULP = 3.5
/**
 * Of the tanh of a scaled argument that couplings use, in ulp, below SMALL in that of SMALL; the worst is 3.7750. Two
 * products fewer than tanh has: a tenth of the time of a narrow net.
 */
export const SCALED_TANH_ULP = 3.8
/**
 * Of that of units whose argument is within ±2.3 on usual rows; the worst is 3.8306. Three products and two sums fewer
 * again.
 */
export const SHORT_TANH_ULP = 3.85
/** Products on the way to a smaller tanh than this underflow where the argument is scaled. */
export const SMALL = 1e-29
/** Of sin x and cos x on [0, 2π], absolute; the worst is 1.24e-7. */
export const TRIG_ERROR = 1.25e-7
/**
 * Of sin kωx and cos kωx, absolute, in k·2⁻²⁴; the worst are 2.24 at k = 2 and 2.1 at k = 64. Those of k = 1 are computed,
 * within 2 ulp where no quarter of a period is taken off; the others add the first one's error up.
 */
export const FOURIER_EPS = 2.3
export const FOURIER_FIRST_ULP = 2
