# Installs the newest release of foldspace for Windows into %LOCALAPPDATA%\foldspace, after checking its sum.
#
#   $env:FOLDSPACE_REPOSITORY = "OWNER/NAME"; .\install.ps1 [VERSION]
param([string]$Version)
$ErrorActionPreference = "Stop"
$repository = $env:FOLDSPACE_REPOSITORY
if (-not $repository) { throw "set FOLDSPACE_REPOSITORY to the OWNER/NAME that publishes the releases" }
if (-not $Version) {
    $Version = (Invoke-RestMethod "https://api.github.com/repos/$repository/releases/latest").tag_name.TrimStart("v")
}
$name = "foldspace-$Version-x86_64-pc-windows-msvc"
$base = "https://github.com/$repository/releases/download/v$Version/$name.zip"
$work = New-Item -ItemType Directory -Path (Join-Path ([IO.Path]::GetTempPath()) ([Guid]::NewGuid()))
try {
    Invoke-WebRequest $base -OutFile "$work\$name.zip"
    Invoke-WebRequest "$base.sha256" -OutFile "$work\sum"
    $wanted = (Get-Content "$work\sum").Split(" ")[0]
    $found = (Get-FileHash "$work\$name.zip" -Algorithm SHA256).Hash.ToLower()
    if ($found -ne $wanted) { throw "$name.zip is damaged: its checksum is another" }
    Expand-Archive "$work\$name.zip" $work
    $directory = Join-Path $env:LOCALAPPDATA "foldspace"
    New-Item -ItemType Directory -Force -Path $directory | Out-Null
    Copy-Item "$work\$name\foldspace.exe" $directory -Force
    & "$directory\foldspace.exe" --version
    if (-not ($env:PATH -split ";" -contains $directory)) { Write-Host "add $directory to PATH" }
} finally {
    Remove-Item -Recurse -Force $work
}
