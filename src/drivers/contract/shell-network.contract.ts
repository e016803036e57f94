import { quote } from './shell-quote.contract.ts'

/**
 * How a shell script serves a text on a port and fetches it, with the tools of the place it runs
 * in.
 */
export interface ShellNetwork {
  /** Prints `listening` once the port answers, and keeps serving while the script continues. */
  serve(port: number, text: string): string
  /** Prints the text that is served there, as a line. */
  fetch(address: string, port: number): string
}

/** Uses busybox, whose `httpd` moves to the background once it listens. */
export const busyboxNetwork: ShellNetwork = {
  serve: (port, text) =>
    `mkdir -p /tmp/www; printf '%s' ${quote(text)} > /tmp/www/text; httpd -p ${port} -h /tmp/www; echo listening`,
  fetch: (address, port) => `wget -qO- http://${address}:${port}/text; echo`,
}

/** Uses the Node that runs the test, for jobs on the same machine. */
export const nodeNetwork: ShellNetwork = {
  serve(port, text) {
    const answer = `(one) => one.end(${JSON.stringify(text)})`
    return `${node(`net.createServer(${answer}).listen(${port}, () => console.log('listening'))`)} &`
  },
  fetch: (address, port) => `${node(`net.connect(${port}, '${address}').pipe(process.stdout)`)}; echo`,
}

function node(script: string): string {
  return `${quote(process.execPath)} -e ${quote(`const net = require('node:net'); ${script}`)}`
}
