/**
 * The operator's map of host paths. Jobs ask for paths that existed on their authors' machines
 * (`/usr/local/aws-cli`), and the operator says where they really are. A path below a mapped one is
 * mapped with it. The longest match wins.
 */
export function mapHostPath(requested: string, map: Readonly<Record<string, string>>): string {
  const path = withoutSlash(requested)
  let [best, real] = ['', '']
  for (const [from, to] of Object.entries(map)) {
    const prefix = withoutSlash(from)
    const isMatch = path === prefix || path.startsWith(prefix === '/' ? '/' : `${prefix}/`)
    if (isMatch && prefix.length > best.length) [best, real] = [prefix, to]
  }
  if (best === '') return requested
  const below = best === '/' ? path : path.slice(best.length)
  return withoutSlash(`${withoutSlash(real)}${below}`)
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path
}
