<#
.SYNOPSIS
Installs migrantpanel from this folder, without a network.
.DESCRIPTION
Checks every file against SHA256SUMS, makes a virtual environment, installs the wheels of this
folder with their hashes, and copies the project files. Needs 64-bit Python 3.11; no rights of
an administrator. Works in Windows PowerShell 5.1 and later.
.EXAMPLE
powershell -ExecutionPolicy Bypass -File .\install.ps1 -Target H:\migrantpanel
.EXAMPLE
powershell -ExecutionPolicy Bypass -File .\install.ps1 -Python C:\Python311\python.exe
#>
param(
    [string] $Python = 'python',
    [string] $Target = (Join-Path $HOME 'migrantpanel')
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest
$bundle = $PSScriptRoot

function Stop-Install([string] $Problem) {
    [Console]::Error.WriteLine("error: $Problem")
    exit 1
}

# A program that fails does not stop a PowerShell script by itself.
function Invoke-Python([string] $Program, [string[]] $Arguments, [string] $Problem) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { Stop-Install $Problem }
}

Write-Host '1/4 checking the files against SHA256SUMS'
$listed = @{}
foreach ($line in [IO.File]::ReadAllLines((Join-Path $bundle 'SHA256SUMS'))) {
    $listed[$line.Substring(66)] = $line.Substring(0, 64)
}
foreach ($name in ($listed.Keys | Sort-Object)) {
    $path = Join-Path $bundle $name
    if (-not (Test-Path -LiteralPath $path -PathType Leaf)) {
        Stop-Install "$name is missing: copy the bundle again"
    }
    if ((Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash -ne $listed[$name]) {
        Stop-Install "$name was changed: copy the bundle again"
    }
}
$wheels = Join-Path $bundle 'wheels'
foreach ($wheel in Get-ChildItem -LiteralPath $wheels -File) {
    if (-not $listed.ContainsKey("wheels/$($wheel.Name)")) {
        Stop-Install "wheels/$($wheel.Name) is not in SHA256SUMS: copy the bundle again"
    }
}

Write-Host "2/4 making the virtual environment in $Target"
if (-not (Get-Command $Python -ErrorAction SilentlyContinue)) {
    Stop-Install "$Python is not found: give 64-bit Python 3.11 with -Python"
}
$kind = & $Python -c "import struct, sys; print('%d.%d %d' % (*sys.version_info[:2], 8 * struct.calcsize('P')))"
if ($LASTEXITCODE -ne 0 -or $kind -ne '3.11 64') {
    Stop-Install "$Python is Python '$kind' bit and the wheels are for 3.11 64 bit: give it with -Python"
}
New-Item -ItemType Directory -Force -Path $Target | Out-Null
$environment = Join-Path $Target '.venv'
Invoke-Python $Python @('-m', 'venv', '--clear', $environment) "no virtual environment in $environment"
# PowerShell on Linux lays the environment out as Linux does.
$programs = Join-Path $environment 'Scripts'
if (-not (Test-Path -LiteralPath $programs)) { $programs = Join-Path $environment 'bin' }
$own = Join-Path $programs 'python'

Write-Host '3/4 installing the wheels'
$pip = @('-m', 'pip', '--disable-pip-version-check', '--no-input', 'install', '--quiet', '--no-index')
$lock = Join-Path (Join-Path (Join-Path $bundle 'project') 'requirements') 'core.lock'
Invoke-Python $own ($pip + @('--find-links', $wheels, '--require-hashes', '--requirement', $lock)) `
    'pip could not install the wheels: its message is above'
$package = Get-ChildItem -LiteralPath $wheels -Filter 'migrantpanel-*.whl' | Select-Object -First 1
Invoke-Python $own ($pip + @('--no-deps', $package.FullName)) `
    'pip could not install migrantpanel: its message is above'

Write-Host '4/4 copying the project'
Copy-Item -Path (Join-Path (Join-Path $bundle 'project') '*') -Destination $Target -Recurse -Force

$command = Join-Path $programs 'migrantpanel'
& $command --help | Out-Null
if ($LASTEXITCODE -ne 0) { Stop-Install "$command does not start" }
Write-Host 'done. Try:'
Write-Host "  cd $Target"
Write-Host "  $command inspect FOLDER-OF-EXTRACTS"
Write-Host "  $command build --extracts FOLDER-OF-EXTRACTS"
