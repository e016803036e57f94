/** What a writer does when the disk rejects what it writes. The contract covers the rest. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Gate } from '../../ground/gate.ts'
import { entry, lines } from '../contract/store-case.contract.ts'
import { Catalog } from './catalog.ts'
import { LiveStream } from './live-stream.ts'
import { OpenFiles } from './open-files.ts'
import { Recorder } from './recorder.ts'
import { StreamWriter } from './stream-writer.ts'

/** Writes half of the bytes and fails, as often as the test asks. */
class FullDisk extends OpenFiles {
  failures = 0

  override use<T>(path: string, work: (fd: number) => Promise<T>): Promise<T> {
    return super.use(path, async (fd) => {
      if (this.failures === 0) return work(fd)
      this.failures--
      writeSync(fd, 'torn', statSync(path).size)
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    })
  }
}

let directory: string
let catalog: Catalog
let files: FullDisk
let writer: StreamWriter
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-logs-'))
  catalog = new Catalog(join(directory, 'catalog.db'), 'boot')
  files = new FullDisk()
  const target = { group: 'g', stream: 's', capBytes: 1e9 }
  writer = new StreamWriter(new LiveStream('00', target), target, {
    logPath: join(directory, 's.log'),
    indexPath: join(directory, 's.idx'),
    files,
    recorder: new Recorder(catalog),
    syncs: new Gate(1),
    now: () => 1,
    release: () => {},
  })
})
afterEach(async () => {
  await writer.close()
  catalog.close()
  rmSync(directory, { recursive: true })
})

test('a failed append keeps nothing and may be repeated', async () => {
  files.failures = 1
  await expect(writer.append(lines(2))).rejects.toThrow('no space left')
  expect(writer.cursor).toBeUndefined()
  expect(catalog.find('g', 's')).toBeUndefined()

  await writer.append(lines(2))
  expect(writer.cursor).toBe('1')
  files.failures = 1
  await expect(writer.append([entry(2, 'more')])).rejects.toThrow('no space left')
  expect(writer.cursor).toBe('1')
  await writer.append([entry(2, 'more')])
  await writer.finish()
  expect(readFileSync(join(directory, 's.log')).includes('torn')).toBe(false)
  expect(catalog.find('g', 's')).toMatchObject({ lastEventTimestamp: 1002, sealed: true })
})

test('a failed finish may be repeated', async () => {
  await writer.append(lines(2))
  files.failures = 1
  await expect(writer.finish()).rejects.toThrow('no space left')
  expect(catalog.find('g', 's')).toMatchObject({ sealed: false })
  await writer.finish()
  expect(catalog.find('g', 's')).toMatchObject({ sealed: true })
})

test('a writer does one thing at a time', async () => {
  const first = writer.append(lines(1))
  await expect(writer.append(lines(1))).rejects.toThrow('the log writer is busy')
  await first
  await writer.finish()
  await expect(writer.append(lines(1))).rejects.toThrow('the log writer is closed')
})
