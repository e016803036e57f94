import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EksContainer } from '../../../model/generated/batch.ts'
import { type PodContainers, podResources } from './amounts.ts'

interface Amounts {
  readonly quarters: number
  readonly mebibytes: number
  readonly gpus: number
}

const amounts = fc.record({ quarters: fc.integer({ min: 1, max: 64 }), mebibytes: fc.nat(9999), gpus: fc.nat(4) })

/** Each type in limits, requests or both. */
const container = fc
  .tuple(amounts, fc.constantFrom('limits', 'requests', 'both'))
  .map(([amount, where]): [Amounts, EksContainer] => {
    const types = {
      cpu: String(amount.quarters / 4),
      memory: `${amount.mebibytes}Mi`,
      ...(amount.gpus > 0 && { 'nvidia.com/gpu': String(amount.gpus) }),
    }
    const resources = where === 'both' ? { limits: { ...types, cpu: '64' }, requests: types } : { [where]: types }
    return [amount, { image: 'busybox', resources }]
  })

test('a pod uses the sum of its containers, or the largest of its init containers, in each dimension', () => {
  fc.assert(
    fc.property(fc.array(container, { minLength: 1, maxLength: 10 }), fc.array(container), (main, init) => {
      const pod: PodContainers = { containers: main.map(([, it]) => it), initContainers: init.map(([, it]) => it) }
      const needed = (of: (amount: Amounts) => number) =>
        Math.max(
          main.reduce((sum, [amount]) => sum + of(amount), 0),
          ...init.map(([amount]) => of(amount)),
        )
      expect(podResources(pod)).toEqual({
        vcpus: needed(({ quarters }) => quarters / 4),
        memoryMib: needed(({ mebibytes }) => mebibytes),
        gpus: needed(({ gpus }) => gpus),
      })
    }),
  )
})

test('the CPU request counts, not the limit', () => {
  const resources = { limits: { cpu: '4', memory: '512Mi' }, requests: { cpu: '0.5' } }
  expect(podResources({ containers: [{ resources }] })).toEqual({ vcpus: 0.5, memoryMib: 512, gpus: 0 })
})
