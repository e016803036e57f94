import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { syncDirectory } from './sync-directory.ts'

test('forces a directory to disk, and names one that does not exist', () => {
  syncDirectory(tmpdir())
  expect(() => syncDirectory('/no/such/directory')).toThrow(
    "ENOENT: no such file or directory, open '/no/such/directory'",
  )
})
