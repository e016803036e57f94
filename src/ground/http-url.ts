/** Makes `http://HOST:PORT`; an IPv6 address stands in brackets. */
export function httpUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
