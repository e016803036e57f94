/** `aws s3 ls`: clients look for `PRE name/` in it. */
import type { OptionTable } from './arguments.ts'
import { wrongUsage } from './failure.ts'
import { humanSize, localTime } from './output.ts'
import { placeOf } from './places.ts'
import type { ListPage } from './s3-client.ts'
import type { Services } from './services.ts'

export const listOptions: OptionTable = {
  recursive: 'flag',
  'human-readable': 'flag',
  summarize: 'flag',
  'page-size': 'value',
  'request-payer': 'optional',
}

/** Answers 1 for a key or prefix under which nothing is, as the CLI does. */
export async function runList(words: readonly string[], services: Services): Promise<number> {
  const { options, output } = services
  if (words.length > 1) throw wrongUsage(`Unknown options: ${words.slice(1).join(',')}`)
  const { bucket, key } = placeOf((words[0] ?? '').replace(/^s3:\/\//, ''))
  const s3 = services.s3()
  if (bucket === '') {
    for (const { name, createdAt } of await s3.buckets()) output.line(`${localTime(createdAt)} ${name}`)
    return 0
  }
  const recursive = options.has('recursive')
  const sizeOf = (bytes: number) => (options.has('human-readable') ? humanSize(bytes) : String(bytes))
  const pageSize = options.number('page-size')
  let objects = 0
  let bytes = 0
  let empty = true
  const listing = { ...(!recursive && { delimiter: '/' }), ...(pageSize !== undefined && { pageSize }) }
  for await (const page of s3.pages(bucket, key, listing)) {
    empty &&= page.objects.length + page.prefixes.length === 0
    objects += page.objects.length
    bytes += page.objects.reduce((sum, { size }) => sum + size, 0)
    for (const line of linesOf(page, recursive, sizeOf)) output.line(line)
  }
  if (options.has('summarize')) output.line(`\nTotal Objects: ${objects}\n   Total Size: ${sizeOf(bytes)}`)
  return empty && key !== '' ? 1 : 0
}

/** Prefixes first. Names are what stands behind the last slash, unless everything is listed. */
function linesOf({ objects, prefixes }: ListPage, recursive: boolean, sizeOf: (bytes: number) => string): string[] {
  const last = (key: string) => (recursive ? key : key.slice(key.lastIndexOf('/') + 1))
  return [
    ...prefixes.map(
      (prefix) => `${'PRE'.padStart(30)} ${prefix.slice(prefix.lastIndexOf('/', prefix.length - 2) + 1)}`,
    ),
    ...objects.map(({ key, size, modifiedAt }) => `${localTime(modifiedAt)} ${sizeOf(size).padStart(10)} ${last(key)}`),
  ]
}
