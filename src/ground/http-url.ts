/** Makes `http://HOST:PORT`, or the same with `https`. An IPv6 address stands in brackets. */
export function httpUrl(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Whether a server that listens at this host is reached at every address of its machine. */
export function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
