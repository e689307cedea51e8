#!/usr/bin/env node
'use strict'
// The launcher. Plain old JavaScript: whatever Node is started with must be able to parse it, and to say that it is too old.
/* eslint-disable */
var fs = require('fs')
var path = require('path')

/** What package.json says under `engines`. */
var neededMajor = 24

var root = path.dirname(__dirname)
var args = process.argv.slice(2)

if (args.length === 1 && args[0] === '--version') {
  // Answered before anything is loaded: scripts ask this often.
  process.stdout.write(JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version + '\n')
} else if (Number(process.versions.node.split('.')[0]) >= neededMajor) {
  run()
} else {
  runWith(findRuntime())
}

/** In this process, from the bundle, or in a clone whose sources are newer from those. */
function run() {
  var bundle = path.join(root, 'dist', 'main.js')
  var source = path.join(root, 'src')
  var isClone = fs.existsSync(source)
  var entry = isClone && !isCurrent(bundle, source) ? path.join(source, 'main.ts') : bundle
  require('module').enableCompileCache()
  load(path.join(path.dirname(entry), 'unchanged' + path.extname(entry)), mayBeDone())
    .then(function (quick) {
      var answer = quick && quick.sayUnchanged(args, process.cwd())
      if (answer === undefined) return load(entry, true)
      process.stdout.write(answer)
    })
    .catch(function (error) {
      console.error(error)
      process.exitCode = 1
    })
}

/** An install without names, which often has nothing to do: that is found out without what other commands need. */
function mayBeDone() {
  return args.indexOf('install') === 0 || args.indexOf('i') === 0 || (args[0] === 'marketplace' && args[1] === 'install')
}

function load(file, isWanted) {
  return isWanted ? import(require('url').pathToFileURL(file).href) : Promise.resolve(undefined)
}

/** Whether a bundle is not older than any source file. */
function isCurrent(bundle, source) {
  try {
    return newest(source) <= fs.statSync(bundle).mtimeMs
  } catch (error) {
    return false
  }
}

function newest(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).reduce(function (latest, entry) {
    var full = path.join(folder, entry.name)
    if (/\.test\.ts$/.test(entry.name)) return latest
    return Math.max(latest, entry.isDirectory() ? newest(full) : fs.statSync(full).mtimeMs)
  }, 0)
}

/** The runtime that an install brings along as the package `node`, in this folder or one above. */
function findRuntime() {
  for (var folder = root; ; folder = path.dirname(folder)) {
    var candidate = path.join(folder, 'node_modules', 'node', 'bin', 'node')
    if (fs.existsSync(candidate)) return candidate
    if (folder === path.dirname(folder)) return undefined
  }
}

/** In a child that is given our terminal, our signals and our exit code, and ends in good order when it loses us: the channel tells it. */
function runWith(runtime) {
  if (runtime === undefined) {
    var found = process.versions.node.split('.').slice(0, 2).join('.')
    process.stderr.write('althing needs Node ' + neededMajor + ' or newer, this is ' + found + '\n')
    process.exitCode = 1
    return
  }
  var child = require('child_process').spawn(runtime, [__filename].concat(args), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  ;['SIGTERM', 'SIGHUP', 'SIGINT'].forEach(function (signal) {
    process.on(signal, function () {
      // The child may have had it, too (Ctrl-C and many supervisors signal the whole group): it takes two in one moment for one.
      child.kill(signal)
    })
  })
  child.on('error', function (error) {
    process.stderr.write('althing cannot start ' + runtime + ': ' + error.message + '\n')
    process.exitCode = 1
  })
  child.on('exit', function (code, signal) {
    var numbers = require('os').constants.signals
    process.exitCode = code === null ? 128 + numbers[signal] : code
  })
}
