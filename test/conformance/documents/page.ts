/**
 * A page of docs/use as a reader follows it: files are written under their given names, and
 * commands are typed into a shell in order.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/built.ts'

interface Page {
  /** By name: the content of the block after “`name.json`:” or “`name.py` …:”. */
  readonly files: ReadonlyMap<string, string>
  /** All commands except those that start a server. */
  readonly script: string
}

/** Throws for a page without a command: the page was moved, or its form has changed. */
export function readPage(name: string): Page {
  const files = new Map<string, string>()
  const commands: string[] = []
  const text = readFileSync(join(root, 'docs', 'use', name), 'utf8')
  for (const [, before = '', language, block = ''] of text.matchAll(/([^\n]*)\n\n?```(\w+)\n(.*?)^```$/gms)) {
    const file = /`([\w-]+\.(?:json|py))`[^`]*:$/.exec(before)?.[1]
    if (file !== undefined) files.set(file, block)
    else if (language === 'sh' && !block.includes('openbatch serve')) commands.push(block)
  }
  if (commands.length === 0) throw new Error(`no command was found in docs/use/${name}`)
  return { files, script: `set -eu\n${commands.join('\n')}` }
}

export function writeFiles({ files }: Page, folder: string): void {
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
}
