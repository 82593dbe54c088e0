/** @file Which Node is taken, on the desktop and in a remote host. */
import { expect, test } from 'vitest';
import { chooseNode } from '../../../src/runtime/node.ts';

const remote = {
  setting: 'auto',
  execPath: '/server/node',
  electron: undefined,
  carried: '/extension/dist/node/node',
  exists: () => true,
};

test('a remote host lends its own Node', () => {
  expect(chooseNode(remote)).toBe('/server/node');
});

test('the desktop takes the carried one, never Electron', () => {
  expect(chooseNode({ ...remote, execPath: '/opt/code', electron: '37.2.0' })).toBe(
    '/extension/dist/node/node',
  );
});

test('the setting goes before both', () => {
  expect(chooseNode({ ...remote, electron: '37.2.0', setting: '/usr/bin/node' })).toBe('/usr/bin/node');
  expect(chooseNode({ ...remote, setting: '/usr/bin/node' })).toBe('/usr/bin/node');
});

test('"bundled" takes the carried one, also where the host has one of its own', () => {
  expect(chooseNode({ ...remote, setting: 'bundled' })).toBe('/extension/dist/node/node');
  expect(() => chooseNode({ ...remote, setting: 'bundled', exists: () => false })).toThrow(
    'carries no Node.js',
  );
});

test('what is missing is said, and never replaced silently', () => {
  const exists = () => false;
  expect(() => chooseNode({ ...remote, setting: '/gone', exists })).toThrow('/gone');
  expect(() => chooseNode({ ...remote, electron: '37.2.0', exists })).toThrow('carries no Node.js');
});
