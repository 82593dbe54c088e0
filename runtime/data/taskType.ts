/** @file LoRAMoE's kind of sample, a column beside any format: 1 for knowledge asked closed-book, 0 for everything else. */
import { UserError } from '../contract/errors.ts';
import type { JsonObject } from './smallFile.ts';

export const taskTypeField = 'task_type';

export type TaskType = 0 | 1;

/** Undefined where a row has none. Throws `task-type` for anything but 0 and 1 (CSV files write them as text). */
export function taskTypeOf(row: JsonObject): TaskType | undefined {
  const value = row[taskTypeField] ?? undefined;
  if (value === undefined || value === '') return undefined;
  if (value === 0 || value === '0') return 0;
  if (value === 1 || value === '1') return 1;
  throw new UserError('task-type', `has the ${taskTypeField} ${JSON.stringify(value).slice(0, 60)}.`, {
    hint: 'It is 1 for a question of knowledge and 0 for any other task; without the column the balancing loss is off.',
  });
}
