import { expect, it } from 'vitest'
import { Containers } from './containers.ts'
import type { EngineClient } from './engine-client.ts'
import { countGpus, createGpuClaims } from './gpu-claims.ts'
import { namesOf } from './names.ts'

it('gives each GPU to one live attempt', async () => {
  const row = (name: string, State: string, gpus: string) => ({
    ...{ Names: [`/${name}`], State, Labels: { 'openbatch.gpus': gpus } },
  })
  const rows = [row('openbatch-other-runs', 'running', '1'), row('openbatch-x-ended', 'exited', '0,2')]
  const engine = { call: async () => rows } as unknown as EngineClient
  const names = namesOf('x')
  const claims = createGpuClaims(new Containers(engine, names), 4, names.container)
  expect(await claims.claim('a', 0)).toEqual([])
  expect(await claims.claim('a', 2)).toEqual(['0', '2'])
  expect(await claims.claim('b', 2)).toBeUndefined()
  expect(await claims.claim('a', 2)).toEqual(['0', '2'])
  claims.release('a')
  expect(await claims.claim('b', 3)).toEqual(['0', '2', '3'])
  claims.release('b')
})

it('never gives a GPU to attempts of two drivers at the same moment', async () => {
  const none = { listGpuHolders: async () => [] }
  const claims = ['x', 'y'].map((driver) => createGpuClaims(none, 2, (attempt) => `${driver}-${attempt}`))
  const given = await Promise.all(claims.map((it) => it.claim('a', 1)))
  expect(given).toEqual([['0'], ['1']])
  expect(await claims[0]!.claim('b', 1)).toBeUndefined()
  for (const it of claims) it.release('a')
})

it('counts none without an NVIDIA driver', () => {
  expect(countGpus('/nonexistent')).toBe(0)
})
