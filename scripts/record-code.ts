/**
 * Loaded before a process of mkbase, and each of its threads: when that ends, the code cache of its bundle is
 * written again, with all functions that V8 has compiled.
 */
import { renameSync, writeFileSync } from 'node:fs';
import vm from 'node:vm';
import { isMainThread, threadId } from 'node:worker_threads';
import { codeCacheFile, sealedCode } from '../src/launch/code-cache.ts';

const { Script } = vm;
vm.Script = class extends Script {
  constructor(source: string, options: vm.ScriptOptions) {
    super(source, options);
    if (this.cachedDataRejected !== false) throw new Error(`V8 refuses the code of ${options.filename}`);
    const record = () => write(this, source, options.filename!);
    if (isMainThread) process.on('exit', record);
    // A thread is ended from outside, and hears nothing of it.
    else setInterval(record, 20).unref();
  }
};

function write(script: vm.Script, source: string, filename: string): void {
  const file = codeCacheFile(filename);
  const mine = `${file}.${process.pid}-${threadId}.part`;
  // Some processes have no umask.
  writeFileSync(mine, sealedCode(source, script.createCachedData()), { mode: 0o644 });
  renameSync(mine, file);
}
