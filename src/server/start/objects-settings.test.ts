/** The settings of objects, with what the schema cannot say. */
import { expect, test } from 'vitest'
import { type ConfigurationProblems, loadConfiguration } from './configuration.ts'

const load = (env: Record<string, string>) => loadConfiguration({ env, options: {} }).objects

test('buckets are directories by name', () => {
  expect(load({})).toEqual({ buckets: {}, uploadDays: 7 })
  expect(load({ OPENBATCH_OBJECTS_BUCKETS: '{ genomes: { directory: /data } }' }).buckets).toEqual({
    genomes: { directory: '/data', readOnly: false },
  })
})

test.each([
  ['{ Genomes: { directory: /data } }', 'objects.buckets: "Genomes" cannot be the name of a bucket'],
  ['{ genomes: { directory: data } }', 'objects.buckets.genomes.directory: "data" must be an absolute path'],
  ['{ genomes: { } }', "objects.buckets.genomes: must have required property 'directory'"],
])('%s is refused', (buckets, problem) => {
  let problems: readonly string[] = []
  try {
    load({ OPENBATCH_OBJECTS_BUCKETS: buckets })
  } catch (error) {
    problems = (error as ConfigurationProblems).problems
  }
  expect(problems).toEqual([problem])
})
