/**
 * The package as `npm pack` makes it: it holds what it should, installs into an empty folder, and
 * runs a job.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contentFaults } from '../../scripts/release/package-contents.ts'
import { install, type Packed, pack } from '../../scripts/release/packed.ts'
import { runJob } from '../../scripts/release/trial.ts'
import { root } from '../support/built.ts'

let folder: string
let packed: Packed

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-package-'))
  packed = pack(root, folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('it holds the command, its compiled sources and the documents, and nothing else', () => {
  expect(contentFaults(packed.paths)).toEqual([])
})

test('installed into an empty folder it runs a job', async () => {
  await runJob(install(packed.tarball, join(folder, 'empty')), folder)
})
