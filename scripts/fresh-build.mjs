/**
 * Whether `dist` is up to date: it was built after the last change of every source. Plain
 * JavaScript for Node 18 and later, because it runs before anything is installed.
 */
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/bundle-aws-command.mjs']

const stampOf = (root) => join(root, '.cache', 'built')

export function isFreshlyBuilt(root) {
  const builtAt = Math.min(changedAt(stampOf(root)), changedAt(join(root, 'dist', 'main.js')))
  const sources = join(root, 'src')
  return [sources, ...namesBelow(sources), ...settings.map((name) => join(root, name))].every(
    (file) => changedAt(file) < builtAt,
  )
}

/**
 * Called after a build, with the time at which the build began: later changes may be missing from
 * it.
 */
export function noteBuild(root, startedAt) {
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(stampOf(root), `${startedAt.toISOString()}\n`)
  utimesSync(stampOf(root), startedAt, startedAt)
}

/** Sources and their folders. A folder's time changes when a file in it is deleted. */
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
