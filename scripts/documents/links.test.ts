/** Every file that a document links to, or names in the source, exists. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...globSync('examples/**/*.md', { cwd: root }),
  ...globSync('docs/**/*.md', { cwd: root }),
]

test.each(documents.map((document) => [document]))('the links of %s lead somewhere', (document) => {
  const text = readFileSync(join(root, document), 'utf8')
  const prose = text.replaceAll(/`[^`\n]*`/g, '')
  const links = [...prose.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map((match) =>
    join(root, dirname(document), match[1]!),
  )
  const named = [...text.matchAll(/`((?:src|test|scripts|docs|examples)\/[\w./-]+)`/g)].map((match) =>
    join(root, match[1]!),
  )
  expect([...links, ...named].filter((path) => !existsSync(path))).toEqual([])
})

test.each(documents.map((document) => [document]))('the heading links of %s lead to existing headings', (document) => {
  const text = readFileSync(join(root, document), 'utf8')
  const headings = new Set([...text.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!)))
  const wanted = [...text.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]!)
  expect(wanted.filter((heading) => !headings.has(heading))).toEqual([])
})

/** As GitHub makes it of a heading: `Which server? A, or B` → `which-server-a-or-b`. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
