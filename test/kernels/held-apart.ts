/** Operations that are held to their reference by tests of their own, and the file that names them. */
export const heldApart: Readonly<Record<string, readonly string[]>> = {
  'kernels/activations.test.ts': ['silu', 'siluBackward', 'gelu', 'geluBackward', 'multiply', 'subtract'],
  'kernels/dropout.test.ts': ['dropout'],
  'kernels/maps.ts': [
    ...['circularShift', 'circularShiftInverse', 'clampedAffine', 'clampedAffineInverse'],
    ...['exponential', 'exponentialInverse', 'hyperbolicTangent', 'hyperbolicTangentInverse'],
    ...['logistic', 'logisticInverse', 'softplus', 'softplusInverse'],
    ...['sinhArcsinh', 'sinhArcsinhInverse', 'yeoJohnson', 'yeoJohnsonInverse'],
    ...['symmetricLog', 'symmetricLogInverse'],
  ],
  'kernels/maps-simd.test.ts': ['mapBackward', 'mapInverseBackward', 'numberBackward', 'numberInverseBackward'],
  'kernels/rational-quadratic.test.ts': [
    ...['rationalQuadratic', 'rationalQuadraticInverse', 'rationalQuadraticBackward'],
    ...['rationalQuadraticInverseBackward', 'circularRationalQuadratic', 'circularRationalQuadraticInverse'],
    ...['circularRationalQuadraticBackward', 'circularRationalQuadraticInverseBackward'],
  ],
  'kernels/scale-rows.test.ts': ['scaleRows', 'scaleRowsBackward'],
  'bases/kernel-cases.ts': [
    ...['chooseComponent', 'takeComponent', 'mixture', 'mixtureBackward', 'uniformBox', 'uniformBoxInverse'],
    ...['locationScale', 'locationScaleBackward', 'locationScaleInverse', 'whiten', 'whitenBackward', 'whitenInverse'],
    ...['studentDegrees', 'studentT', 'studentTBackward', 'studentTInverse'],
  ],
}
