import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { removeTree, TreeLeft } from './tree-removal.ts'

let base: string
let tree: string
let aside: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'openbatch-tree-'))
  tree = join(base, 'tree')
  aside = join(base, 'aside')
  for (const directory of [tree, aside]) mkdirSync(directory)
})
afterEach(() => {
  for (const path of mounted()) execFileSync('umount', [path])
  rmSync(base, { recursive: true, force: true })
})

const isRoot = process.getuid?.() === 0
const mounted = () =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${base}/`))

it('removes whatever a job may leave, and nothing that it points to', async () => {
  const outside = join(base, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'file'), 'kept')
  mkdirSync(join(tree, 'a/b/c'), { recursive: true })
  writeFileSync(join(tree, 'a/b/c/file'), 'text')
  symlinkSync(outside, join(tree, 'a/link'))
  symlinkSync('/no/where', join(tree, 'a/broken'))
  linkSync(join(outside, 'file'), join(tree, 'a/hard'))
  execFileSync('mkfifo', [join(tree, 'a/fifo')])
  for (let index = 0; index < 50; index++) mkdirSync(join(tree, `many-${index}`))
  chmodSync(join(tree, 'a/b/c'), 0o000)
  chmodSync(join(tree, 'a/b'), 0o500)
  await removeTree(tree, aside)
  expect(readdirSync(base).sort()).toEqual(['aside', 'outside'])
  expect(readdirSync(aside)).toEqual([])
  expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('kept')
  await removeTree(tree, aside)
})

it('removes a link in place of the tree, and a tree of the greatest depth', async () => {
  let path = tree
  // Deeper than the longest path.
  for (let depth = 0; depth < 40; depth++) {
    mkdirSync(join(path, 'd'.repeat(100)))
    path = join(path, 'd'.repeat(100))
  }
  await removeTree(tree, aside)
  symlinkSync(aside, tree)
  await removeTree(tree, aside)
  expect(readdirSync(base)).toEqual(['aside'])
})

it('frees a large file, and keeps a file whole that has another name', async () => {
  for (const name of ['large', 'shared']) writeFileSync(join(tree, name), 'beginning')
  for (const name of ['large', 'shared']) truncateSync(join(tree, name), 300 * 1024 * 1024)
  linkSync(join(tree, 'shared'), join(base, 'other-name'))
  await removeTree(tree, aside)
  expect(existsSync(tree)).toBe(false)
  expect(statSync(join(base, 'other-name')).size).toBe(300 * 1024 * 1024)
})

it.skipIf(!isRoot)(
  'leaves whatever is mounted in it, from this or another file system, and removes the rest',
  async () => {
    const outside = join(base, 'outside')
    for (const path of [outside, join(tree, 'bound'), join(tree, 'in/other')]) mkdirSync(path, { recursive: true })
    for (const path of ['outside/file', 'tree/first', 'tree/in/second', 'tree/zlast'])
      writeFileSync(join(base, path), 'x')
    execFileSync('mount', ['--bind', outside, join(tree, 'bound')])
    execFileSync('mount', ['-t', 'tmpfs', 'openbatch-test', join(tree, 'in/other')])
    writeFileSync(join(tree, 'in/other/file'), 'kept')
    await expect(removeTree(tree, aside)).rejects.toBeInstanceOf(TreeLeft)
    expect(existsSync(join(outside, 'file'))).toBe(true)
    const paths = mounted()
    expect(paths).toHaveLength(2)
    for (const path of paths) expect(readdirSync(path)).toEqual(['file'])
    for (const path of paths) execFileSync('umount', [path])
    const left = [...readdirSync(base, { recursive: true, encoding: 'utf8' })].filter((path) =>
      /first|second|zlast/.test(path),
    )
    expect(left).toEqual([])
  },
)

it('reads few names of a directory at a time, and removes all', async () => {
  mkdirSync(join(tree, 'inner'))
  for (let index = 0; index < 23; index++)
    for (const directory of [tree, join(tree, 'inner')]) writeFileSync(join(directory, `${index}`), '')
  await removeTree(tree, aside, 4)
  expect(readdirSync(base)).toEqual(['aside'])
  expect(readdirSync(aside)).toEqual([])
})
