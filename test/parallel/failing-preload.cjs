// Threads begin with what the process was told to require; in them this fails.
if (!require('node:worker_threads').isMainThread) throw new Error('not in a thread')
