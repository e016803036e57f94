import { expect, it } from 'vitest'
import { countGpus, createGpuClaims } from './gpu-claims.ts'

it('gives each GPU to one live attempt', async () => {
  const rows = [
    { attempt: 'runs', id: '1', status: 'running', gpuIds: ['1'] },
    { attempt: 'ended', id: '2', status: 'exited', gpuIds: ['0', '2'] },
  ]
  const claims = createGpuClaims({ list: async () => rows }, 4)
  expect(await claims.claim('a', 0)).toEqual([])
  expect(await claims.claim('a', 2)).toEqual(['0', '2'])
  expect(await claims.claim('b', 2)).toBeUndefined()
  expect(await claims.claim('a', 2)).toEqual(['0', '2'])
  claims.release('a')
  expect(await claims.claim('b', 3)).toEqual(['0', '2', '3'])
})

it('counts none where there is no driver', () => {
  expect(countGpus('/nonexistent')).toBe(0)
})
