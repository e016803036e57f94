import { expect, test } from 'vitest'
import { filesOfProgram, interpreterOf, listedLibraries } from './program-files.ts'

test('the loader’s list names libraries by name and place', () => {
  const listing = `\tlinux-vdso.so.1 (0x00007f3db8123000)
\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f3db810d000)
\tlibodd.so.1 => /a folder/libodd.so.1 (0x00007f3db810d000)
\tlibgone.so.1 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f3db8125000)
`
  expect(listedLibraries(listing)).toEqual([
    { name: 'libdl.so.2', path: '/lib/x86_64-linux-gnu/libdl.so.2' },
    { name: 'libodd.so.1', path: '/a folder/libodd.so.1' },
  ])
})

test.runIf(process.platform === 'linux')('Node needs its loader and the C library, which are there', async () => {
  const { loader, libraries } = await filesOfProgram(process.execPath)
  expect(loader?.path).toMatch(/^\/.*ld-/)
  expect(libraries.some(({ name }) => name.startsWith('libc.'))).toBe(true)
  expect(libraries.every(({ path }) => path.startsWith('/'))).toBe(true)
})

test('a file that is no program is refused', async () => {
  await expect(interpreterOf(import.meta.filename)).rejects.toThrow('is not a 64-bit little-endian ELF file')
})
