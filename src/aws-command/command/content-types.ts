/** The media type of a file by its name, for the names that Python's `mimetypes` knows and jobs write. */

const byExtension: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  log: 'text/plain',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  md: 'text/markdown',
  py: 'text/x-python',
  c: 'text/plain',
  h: 'text/plain',
  xml: 'text/xml',
  js: 'text/javascript',
  mjs: 'text/javascript',
  json: 'application/json',
  pdf: 'application/pdf',
  zip: 'application/zip',
  tar: 'application/x-tar',
  sh: 'application/x-sh',
  bin: 'application/octet-stream',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  svg: 'image/svg+xml',
  tif: 'image/tiff',
  tiff: 'image/tiff',
}
/** These say how the content is packed: the type is that of the name before. */
const packed = /\.(gz|bz2|xz|Z|br)$/

export function contentTypeOf(name: string): string | undefined {
  const extension = /[^/]\.([^./]+)$/.exec(name.replace(packed, ''))?.[1]
  return extension && byExtension[extension.toLowerCase()]
}
