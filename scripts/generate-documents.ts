/**
 * Writes the generated documents. `npm run generate` runs it; the output is committed, and
 * `generate-documents.test.ts` proves that it is fresh.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { servicesOf } from '../src/edge/services.ts'
import { writeCompatibility } from './compatibility/write.ts'
import { writeActions } from './documents/actions.ts'
import { writeConfiguration } from './documents/configuration.ts'
import { writeOpenApi } from './documents/openapi.ts'
import { writeShippedPolicies } from './documents/shipped-policies.ts'
import { writeStateMachine } from './documents/state-machine.ts'

/** Every generated document: its path from the repository's root and its text. */
export function generateDocuments(): Map<string, string> {
  return new Map([
    ['docs/compatibility.md', writeCompatibility()],
    ['docs/operate/actions.md', writeActions(servicesOf())],
    ['docs/operate/configuration.md', writeConfiguration()],
    ['docs/operate/shipped-policies.md', writeShippedPolicies()],
    ['docs/reference/openapi.json', writeOpenApi()],
    ['docs/state-machine.md', writeStateMachine()],
  ])
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  for (const [path, text] of generateDocuments()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
}
