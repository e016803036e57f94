/** `bin/openbatch`, a shell script and a JavaScript file in one, finds its node and its build. */
import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'openbatch-launcher-'))
  for (const folder of ['bin', 'dist', 'node_modules/.bin']) mkdirSync(join(root, folder), { recursive: true })
  for (const file of ['openbatch', 'package.json']) {
    copyFileSync(join(import.meta.dirname, '../../bin', file), join(root, 'bin', file))
  }
  symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'))
})
afterEach(() => rmSync(root, { recursive: true }))

function run(command: string, ...args: string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(command, args, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }))
  })
}
const build = () =>
  writeFileSync(join(root, 'dist/main.js'), 'console.log(JSON.stringify([process.execPath, ...process.argv.slice(2)]))')

test('it is started by its name, through links, with the node that came with it, and gets its arguments as they are', async () => {
  build()
  symlinkSync('bin/openbatch', join(root, 'first'))
  symlinkSync(join(root, 'first'), join(root, 'second'))
  for (const name of ['bin/openbatch', 'first', 'second']) {
    const { code, stdout, stderr } = await run(join(root, name), 'a b', '*', '')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual([process.execPath, 'a b', '*', ''])
  }
})

test('it is started as JavaScript too', async () => {
  build()
  const { stdout } = await run(process.execPath, join(root, 'bin/openbatch'), 'x')
  expect(JSON.parse(stdout)).toEqual([process.execPath, 'x'])
})

test('without a build it says what to do', async () => {
  const { code, stderr } = await run(join(root, 'bin/openbatch'))
  expect(code).toBe(1)
  expect(stderr).toMatch(/main\.js is missing: run npm run build first\n$/)
})
