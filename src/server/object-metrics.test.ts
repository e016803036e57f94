import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeWorld } from '../core/world.testing.ts'
import { createMetrics } from './metrics.ts'
import { registerObjects } from './object-metrics.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-figures-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('of the object store there are its uploads, what expired, and the file systems of its buckets', async () => {
  const world = makeWorld()
  const loop = { state: world.state, storeTrouble: undefined, commandsWaiting: 0, effectsWaiting: 0 }
  const metrics = createMetrics({ loop, sinks: () => [], dataDir: folder, now: () => world.now })
  const [made, served, gone] = ['made', 'served', 'gone'].map((name) => join(folder, name)) as [string, string, string]
  for (const directory of [made, served]) mkdirSync(directory)
  let directories = [made, served, '/proc', gone]
  const ended = { object: 2, upload: 0 }
  const figures = { directories: () => directories, ended: () => ended, leftOutOfAttributes: () => 1 }
  registerObjects(metrics, { uploadsOpen: () => 3, ...figures })
  const samples = async () =>
    (await metrics.read()).split('\n').filter((line) => /^openbatch_object/.test(line) && !/size_bytes/.test(line))

  // The two directories are on one file system, and one is not there.
  expect((await samples()).map((line) => line.replace(/(disk.*) \d+$/, '$1'))).toEqual([
    'openbatch_object_uploads_open 3',
    'openbatch_object_attributes_left_out 1',
    'openbatch_objects_expired_total{kind="object"} 2',
    'openbatch_objects_expired_total{kind="upload"} 0',
    `openbatch_object_disk_free_bytes{directory="${made}"}`,
    'openbatch_object_disk_free_bytes{directory="/proc"}',
  ])
  directories = [served]
  ended.object++
  const later = await samples()
  expect(later).toContain('openbatch_objects_expired_total{kind="object"} 3')
  expect(later.at(-1)).toMatch(new RegExp(`^openbatch_object_disk_free_bytes\\{directory="${served}"\\} [1-9]\\d*$`))
})
