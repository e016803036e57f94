import { expect, test } from 'vitest'
import { checkInstanceTypes } from './instance-types.ts'

const families = 'c5 m6i r7gd m7i-flex u-6tb1 u7i-12tb hpc7g mac2-m2pro p6-b200 x2iedn trn1n vt1'.split(' ')
const types = 't4g.nano t3.micro c5.large m5.xlarge c5.24xlarge m5.metal m7i.metal-24xl u-6tb1.112xlarge'.split(' ')

test.each(['optimal', 'default_x86_64', 'default_arm64', ...families, ...types])('accepts %s', (instanceType) => {
  expect(checkInstanceTypes([instanceType])).toBeUndefined()
})

test.each(['', 'large', 'Optimal', 'default_x86', 'C5', 'c', 'c5.', 'c5.huge', 'c5.large.large', '.large', 'c5 large'])(
  'refuses %j',
  (instanceType) => {
    expect(checkInstanceTypes(['optimal', instanceType])).toMatch(/^Instance type can only be one of \[optimal, .*\]$/)
  },
)
