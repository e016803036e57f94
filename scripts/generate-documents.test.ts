/** Proves that the committed documents are what the generator makes from the code. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateDocuments } from './generate-documents.ts'

const root = join(import.meta.dirname, '..')

test.each([...generateDocuments()])('%s is fresh', (path, text) => {
  const committed = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''
  expect(committed === text, `${path} is stale: run npm run generate`).toBe(true)
})
