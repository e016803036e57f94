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

test('starts by its name, through links, with its own node, and passes its arguments on unchanged', async () => {
  build()
  symlinkSync('bin/openbatch', join(root, 'first'))
  symlinkSync(join(root, 'first'), join(root, 'second'))
  for (const name of ['bin/openbatch', 'first', 'second']) {
    const { code, stdout, stderr } = await run(join(root, name), 'a b', '*', '')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual([process.execPath, 'a b', '*', ''])
  }
})

test('starts as JavaScript too', async () => {
  build()
  const { stdout } = await run(process.execPath, join(root, 'bin/openbatch'), 'x')
  expect(JSON.parse(stdout)).toEqual([process.execPath, 'x'])
})

/** Makes a node that reports an old version. */
function oldNode(): string {
  const file = join(root, 'old.cjs')
  writeFileSync(file, "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.5' } })")
  return file
}

test('with an older node, says what it found and what it needs', async () => {
  build()
  rmSync(join(root, 'node_modules'), { recursive: true })
  const { code, stdout, stderr } = await run(process.execPath, '--require', oldNode(), join(root, 'bin/openbatch'), 'x')
  const said = `openbatch: this is Node 20.19.5 (${process.execPath}); Node 22.14 or newer is needed\n`
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: said })
})

test('with an older node and one of its own, uses its own', async () => {
  build()
  const { code, stdout } = await run(process.execPath, '--require', oldNode(), join(root, 'bin/openbatch'), 'x')
  expect({ code, stdout: JSON.parse(stdout) }).toEqual({ code: 0, stdout: [process.execPath, 'x'] })
})

test('without a build, says what to do', async () => {
  const { code, stderr } = await run(join(root, 'bin/openbatch'))
  expect(code).toBe(1)
  expect(stderr).toMatch(/main\.js is missing: run npm run build first\n$/)
})
