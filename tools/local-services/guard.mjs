/**
 * The process that outlives its parent by a moment. It holds the reading end of a pipe whose writing end only
 * the parent has: whatever ends the parent (exit, crash, kill -9) closes the pipe, and the guard then stops
 * the processes and removes the folders that the parent had named and not taken back. Plain JavaScript, so
 * that it also runs when the parent is a test that was never built.
 *
 * Lines on stdin: {"watch": pid, "signal": "SIGTERM"} | {"forget": pid} | {"folder": path} | {"removed": path}
 */
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** Longer than the drain of our apps (10 s) would keep a killed demo's ports busy; a crash need not drain. */
const PATIENCE_MS = 5_000;

const watched = new Map();
const folders = new Set();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const { watch, signal, forget, folder, removed } = JSON.parse(line);
  if (watch !== undefined) watched.set(watch, signal);
  if (forget !== undefined) watched.delete(forget);
  if (folder !== undefined) folders.add(folder);
  if (removed !== undefined) folders.delete(removed);
}

// Newest first: the apps before the stores that they use.
for (const [pid, signal] of [...watched].toReversed()) await end(pid, signal);
for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

async function end(pid, signal) {
  const deadline = performance.now() + PATIENCE_MS;
  send(pid, signal);
  while (isRunning(pid)) {
    if (performance.now() > deadline) {
      send(pid, 'SIGKILL');
      return;
    }
    await delay(50);
  }
}

function send(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** A process that has ended, but that nobody has asked for its exit code (in containers: for ever), is not. */
function isRunning(pid) {
  if (!send(pid, 0)) return false;
  try {
    const afterName = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1);
    return !afterName.startsWith('Z');
  } catch {
    return true;
  }
}
