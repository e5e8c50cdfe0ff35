import { LOG_START } from '@millrace/stream';
import { describe, expect, it } from 'vitest';
import { GroupProgress, placeOf } from './group-progress.js';

const program = (revision: number, ...fields: string[]) => ({ revision, fields });

describe('the progress of groups in a partition', () => {
  it('has every group live where nothing was applied yet', () => {
    const progress = GroupProgress.begin('', program(1, 'a@1', 'b@1'), LOG_START);
    expect([progress.isLive('a@1'), progress.isLive('b@1'), progress.keep]).toEqual([true, true, undefined]);
    expect(progress.toString()).toBe('1;a@1 live;b@1 live');
  });

  it('has a group that comes later behind, from the start of the log', () => {
    const progress = GroupProgress.begin('1;a@1 live', program(2, 'a@1', 'a@2'), '50-0');
    expect(progress.isLive('a@2')).toBe(false);
    expect(progress.behind(['a@1', 'a@2'])).toEqual({ field: 'a@2', after: LOG_START });
    expect(progress.keep).toBe(LOG_START);
  });

  it('lets a group join exactly at the committed offset', () => {
    const progress = GroupProgress.begin('1;a@1 live', program(2, 'a@1', 'a@2'), '50-0');
    progress.advance('a@2', '49-7', '50-0');
    expect(progress.toString()).toBe('2;a@1 live;a@2 49-7');
    progress.advance('a@2', '50-0', '50-0');
    expect([progress.isLive('a@2'), progress.keep]).toEqual([true, undefined]);
  });

  it('puts a group of a newer plan behind from where a process with an older plan takes over', () => {
    const progress = GroupProgress.begin('2;a@1 live;a@2 live', program(1, 'a@1'), '50-0');
    expect(progress.toString()).toBe('2;a@1 live;a@2 50-0');
    const later = GroupProgress.begin(progress.toString(), program(2, 'a@1', 'a@2'), '60-0');
    expect(later.behind(['a@1', 'a@2'])).toEqual({ field: 'a@2', after: '50-0' });
  });

  it('forgets a group that a newer plan has no more, so that it keeps nothing from being trimmed', () => {
    const progress = GroupProgress.begin('2;a@1 live;b@1 7-0', program(3, 'a@1'), '50-0');
    expect([progress.toString(), progress.keep]).toEqual(['3;a@1 live;b@1 gone:7-0', undefined]);
    expect(placeOf(progress.toString(), 'b@1')).toBeUndefined();
  });

  it('lets a group that comes back go on from where it stopped, so that it applies nothing twice', () => {
    const without = GroupProgress.begin('1;a@1 live;b@1 live', program(2, 'b@1'), '50-0');
    const again = GroupProgress.begin(without.toString(), program(3, 'a@1', 'b@1'), '60-0');
    expect(again.behind(['a@1', 'b@1'])).toEqual({ field: 'a@1', after: '50-0' });
    const atOnce = GroupProgress.begin(without.toString(), program(3, 'a@1', 'b@1'), '50-0');
    expect(atOnce.isLive('a@1')).toBe(true);
  });

  it('remembers a limited number of groups that are gone', () => {
    let text = '';
    for (let version = 1; version < 100; version++) {
      text = GroupProgress.begin(text, program(version, `a@${version}`), '50-0').toString();
    }
    expect(text.match(/gone/g)).toHaveLength(32);
    expect(text).toContain('a@98 gone:0-0');
  });

  it('tells the place of one group', () => {
    expect(placeOf('2;a@1 live;b@1 7-0', 'b@1')).toBe('7-0');
    expect(placeOf('', 'b@1')).toBeUndefined();
  });
});
