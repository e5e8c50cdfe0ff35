import { decodeFrame } from '@millrace/core';
import { expect, it } from 'vitest';
import { ledgerEngine } from '../../../test/simulation/ledger-engine.js';
import { ledgerFrame, ledgerPlan } from '../../../test/simulation/ledger-plan.js';
import { Activation } from './activation.js';
import type { LogEntry } from './actor-store.js';
import { applyFrames, packStates } from './apply-frames.js';
import { compileTurnPrograms, type TurnProgram } from './turn-program.js';

it('packs each state once, also where an event was taken back in between', () => {
  const plan = ledgerPlan({ partitions: 1, versions: [1, 2] });
  const programs = compileTurnPrograms(plan, (group) => ledgerEngine(group, 0));
  const program = programs.get('actor') as TurnProgram;
  const events = ledgerFrame([1, -2, 3].map((n) => ['x', n] as const));
  const entry: LogEntry = { id: '1-0', frame: events, duplicates: [] };
  const actors = [new Activation('x', [null, Buffer.from('[0]')])];
  const read = { entry, frame: decodeFrame(events), actors };

  const effects = applyFrames(program, [read], () => true, new Set(program.groups));

  if (effects.kind === 'refused') throw new Error('a careful group refuses nothing');
  expect(effects.deadLetters.map(({ code, group }) => [code, group])).toEqual([
    ['APPLY_FAILED', 'ledger@1'],
    ['APPLY_FAILED', 'ledger@2'],
  ]);
  const states = [
    [0, Buffer.from('[1,3]')],
    [1, Buffer.from('[0,1,3]')],
  ];
  expect(packStates(effects.changed, 0)).toEqual([{ entityId: 'x', states, keepsExpiry: false }]);
});
