/** Proves that the committed shapes are what the generator makes from the installed SDK. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { batchOperations, logsOperations } from '../src/edge/generated/operations.ts'
import { generateShapes } from './generate-shapes.ts'

const root = join(import.meta.dirname, '..')

test('the committed shapes are fresh', async () => {
  for (const [path, text] of await generateShapes()) {
    // Not toEqual: a difference of thousands of lines helps nobody.
    expect(readFileSync(join(root, path), 'utf8') === text, `${path} is stale: run npm run generate`).toBe(true)
  }
})

test('all of Batch is included', () => {
  expect(Object.keys(batchOperations)).toHaveLength(48)
  expect(batchOperations.UntagResource).toEqual({
    name: 'UntagResource',
    method: 'DELETE',
    path: '/v1/tags/{resourceArn}',
    input: 'UntagResourceRequest',
    output: 'UntagResourceResponse',
    labels: ['resourceArn'],
    query: { tagKeys: 'tagKeys' },
  })
  expect(Object.keys(logsOperations)).toContain('GetLogEvents')
})
