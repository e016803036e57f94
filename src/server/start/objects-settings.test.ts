/** The settings of objects, with what the schema cannot say. */
import { expect, test } from 'vitest'
import { type ConfigurationProblems, loadConfiguration } from './configuration.ts'

const load = (env: Record<string, string>) => loadConfiguration({ env, options: {} }).objects

test('buckets are directories by name', () => {
  expect(load({})).toEqual({ buckets: {}, domains: [], extendedAttributes: false, uploadDays: 7 })
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

test.each(['10.0.0.1', 's3.lab.example:8642', '*.lab.example', 's3..example', '-a', 'a/b'])(
  'the domain %s is refused',
  (domain) => {
    const problem = `objects.domains: ${JSON.stringify(domain)} is not the name of a host`
    const given = JSON.stringify(['s3.lab.example', domain])
    expect(() => load({ OPENBATCH_OBJECTS_DOMAINS: given })).toThrow(expect.objectContaining({ problems: [problem] }))
  },
)
