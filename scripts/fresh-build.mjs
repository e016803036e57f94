/**
 * Whether `dist` is what the sources make: it was built after every one of them was changed. Plain JavaScript for Node 18 and later, as
 * it runs before anything is installed.
 */
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json']

const stampOf = (root) => join(root, '.cache', 'built')

export function isFreshlyBuilt(root) {
  const builtAt = Math.min(changedAt(stampOf(root)), changedAt(join(root, 'dist', 'main.js')))
  const sources = join(root, 'src')
  return [sources, ...namesBelow(sources), ...settings.map((name) => join(root, name))].every(
    (file) => changedAt(file) < builtAt,
  )
}

/** To be called after a build, with the time at which it began: what was changed since may not be in it. */
export function noteBuild(root, startedAt) {
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(stampOf(root), `${startedAt.toISOString()}\n`)
  utimesSync(stampOf(root), startedAt, startedAt)
}

/** Sources, and folders, whose time changes when a file in them goes away. */
function namesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return [path, ...namesBelow(path)]
    return /\.(ts|json)$/.test(entry.name) && !/\.(test|contract|testing)\.ts$/.test(entry.name) ? [path] : []
  })
}

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
