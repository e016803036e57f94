/**
 * Writes the generated shapes: TypeScript types, JSON Schemas and the table of operations, for AWS
 * Batch and for the part of CloudWatch Logs that openbatch serves. Everything comes from the
 * run-time schemas inside the AWS SDK, except enums, which come from its type declarations: only
 * these say which member uses which enum. `npm run generate` runs it; the output is committed, and
 * `generate-shapes.test.ts` proves that it is fresh.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readService, type Service } from './shapes/read-sdk.ts'
import { writeOperations } from './shapes/write-operations.ts'
import { writeJsonSchema } from './shapes/write-schema.ts'
import { writeTypes } from './shapes/write-types.ts'

/** The Logs operations that openbatch answers, or knows well enough to refuse by name. */
const logsOperations = ['DescribeLogGroups', 'DescribeLogStreams', 'FilterLogEvents', 'GetLogEvents', 'StartLiveTail']

/** Every generated file: its path from the repository's root and its text. */
export async function generateShapes(): Promise<Map<string, string>> {
  const batch: Service = await readService('batch', '@aws-sdk/client-batch')
  const logs: Service = await readService('logs', '@aws-sdk/client-cloudwatch-logs', logsOperations)
  return new Map([
    ['src/model/generated/batch.ts', writeTypes(batch)],
    ['src/model/generated/logs.ts', writeTypes(logs)],
    ['src/edge/generated/batch.schema.json', writeJsonSchema(batch)],
    ['src/edge/generated/logs.schema.json', writeJsonSchema(logs)],
    ['src/edge/generated/operations.ts', writeOperations([batch, logs])],
  ])
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  for (const [path, text] of await generateShapes()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
}
