/** Where the code of a worker thread is: beside the file that starts it, compiled as that is. */
export function workerFile(from: string, name: string): URL {
  return new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)
}
