/**
 * Every section that comments and documents cite exists, and so does every file that a comment
 * names.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n')
const known = new Set(tracked)
const baseNames = new Set(tracked.map((path) => basename(path)))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const sources = tracked.filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('/generated/'))

/** The comments of a file, each with its lines joined. */
function commentsOf(text: string): string[] {
  const blocks = [...text.matchAll(/\/\*\*?([\s\S]*?)\*\//g)].map((match) => match[1]!.replaceAll(/\n\s*\* ?/g, ' '))
  const lines = [...text.matchAll(/(?:^|\s)\/\/ (.*)(?:\n\s*\/\/ (.*))*/g)].map((match) =>
    match[0].replaceAll(/\n\s*\/\//g, ''),
  )
  return [...blocks, ...lines]
}

const comments = sources.flatMap((path) => commentsOf(read(path)).map((comment) => ({ path, comment })))

const sections = new Set(
  tracked
    .filter((path) => /^docs\/aws\/.*\.md$/.test(path))
    .flatMap((path) => [...read(path).matchAll(/^#+ (\d+(?:\.\d+)?)\.? /gm)].map((match) => match[1]!)),
)

test('every cited section of docs/aws exists', () => {
  const cited = [
    ...comments,
    ...tracked.filter((path) => path.endsWith('.md')).map((path) => ({ path, comment: read(path) })),
  ].flatMap(({ path, comment }) =>
    [...comment.matchAll(/docs\/aws((?:[ ,]|and|to)*§[\d.]+)+/g)].flatMap((match) =>
      [...match[0].matchAll(/§(\d+(?:\.\d+)?)/g)].map((section) => ({ path, section: section[1]! })),
    ),
  )
  expect(cited.length).toBeGreaterThan(50)
  expect(cited.filter(({ section }) => !sections.has(section))).toEqual([])
})

test('no comment cites a document that is not in the repository', () => {
  const dangling = comments.filter(({ comment }) => /batch-semantics|\bdesign(\.md)? §|\bissue #?\d/i.test(comment))
  expect(dangling).toEqual([])
})

/**
 * A file name in prose: `core/explain/explain.ts`, `node-plan.ts`, `docs/operate/users.md`. It does
 * not match names of users' files or of files in data directories.
 */
const fileName = /(?<![\w*/.{}-])(?:[\w.-]+\/)*[\w-]+(?:\.\w+)*\.(?:ts|mjs|md)(?![\w-])/g

test('every source file and document that a comment names exists', () => {
  const dangling = comments.flatMap(({ path, comment }) =>
    [...comment.replaceAll(/https?:\/\/\S+/g, '').matchAll(fileName)]
      .map((match) => match[0])
      .filter((name) => !isThere(name, path))
      .map((name) => `${path} names ${name}`),
  )
  expect(dangling).toEqual([])
})

function isThere(name: string, from: string): boolean {
  if (!name.includes('/')) return baseNames.has(name)
  return [name, `src/${name}`, join(dirname(from), name)].some(
    (path) => known.has(path) || existsSync(join(root, path)),
  )
}
