import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isLabsOwn } from './mount-point.ts'

test('a closed mount point is none of the lab’s, and an empty directory may be', () => {
  const root = mkdtempSync(join(tmpdir(), 'openbatch-places-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const directory = (name: string, mode: number) => {
    mkdirSync(join(root, name))
    chmodSync(join(root, name), mode)
    return join(root, name)
  }
  const [closed, empty, open] = [directory('closed', 0), directory('empty', 0o755), directory('open', 0o1777)]
  writeFileSync(join(open, 'file'), '')
  const paths = [closed, empty, open, join(open, 'file'), join(root, 'absent'), join(open, 'file/below'), '/proc']
  expect(paths.map(isLabsOwn)).toEqual([false, true, true, true, false, false, true])
})
