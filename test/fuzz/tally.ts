/** What a process is to do. */
export interface Task {
  readonly format: string
  readonly first: number
  readonly end: number
  /** Of the format in all. */
  readonly count: number
  readonly seed: number
}

/** A case that failed. */
export interface Failure {
  readonly index: number
  readonly kind: 'crash' | 'wrong' | 'memory' | 'hang'
  readonly text: string
}

/** What came of some cases. */
export interface Tally {
  cases: number
  read: number
  refused: number
  failures: Failure[]
  /** Bytes beyond ten times the file's, of the case that took most. */
  memory: number
  /** Milliseconds. */
  slowest: number
}

/** Where a process writes which case is at work, for whoever watches: it may never come to say so. */
export const AT = 'at'
