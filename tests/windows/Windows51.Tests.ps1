# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Whatever runs on Windows is PowerShell 5.1: syntax, commands and parameters. commands_5_1.json has the commands that we use and their
# parameters in Windows PowerShell 5.1 of Windows Server 2016; those of the Hyper-V firewall are later and looked for before they are used.

BeforeDiscovery {
    $root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
    $files = @(Get-ChildItem -Path (Join-Path $root 'plugins') -Recurse -Include '*.ps1', '*.psm1' | ForEach-Object { @{ File = $_.FullName; Name = $_.Name } })
}
BeforeAll {
    $root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
    $known = Get-Content (Join-Path $PSScriptRoot 'commands_5_1.json') -Raw | ConvertFrom-Json -AsHashtable
    $common = 'Verbose', 'Debug', 'ErrorAction', 'WarningAction', 'ErrorVariable', 'WarningVariable', 'OutVariable', 'WhatIf', 'Confirm'
    $own = @(Get-ChildItem -Path (Join-Path $root 'plugins') -Recurse -Include '*.ps1', '*.psm1' | ForEach-Object {
            [Management.Automation.Language.Parser]::ParseFile($_.FullName, [ref] $null, [ref] $null).FindAll({ $args[0] -is [Management.Automation.Language.FunctionDefinitionAst] }, $true).Name
        })
    function Find-Later([string] $Text) {
        $tokens = $errors = $null
        $tree = [Management.Automation.Language.Parser]::ParseInput($Text, [ref] $tokens, [ref] $errors)
        $errors | ForEach-Object { "$($_.Extent.StartLineNumber): $($_.Message)" }
        $tokens | Where-Object { "$($_.Kind)" -in 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'AndAnd', 'OrOr', 'QuestionMark' } |
            ForEach-Object { "$($_.Extent.StartLineNumber): $($_.Text) is of PowerShell 7" }
        foreach ($call in $tree.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
            $name = $call.GetCommandName()
            if (-not $name -or $name -in $own) { continue }
            if (-not $known.ContainsKey($name)) { "$($call.Extent.StartLineNumber): $name is not a command that is known here"; continue }
            foreach ($parameter in $call.CommandElements | Where-Object { $_ -is [Management.Automation.Language.CommandParameterAst] }) {
                if (@(@($known[$name]) + $common | Where-Object { $_ -like "$($parameter.ParameterName)*" }).Count -eq 0) { "$($call.Extent.StartLineNumber): $name has no -$($parameter.ParameterName)" }
            }
        }
    }
}
Describe 'Windows PowerShell 5.1' {
    It 'knows everything in <Name>' -ForEach $files { Find-Later ([IO.File]::ReadAllText($File)) | Should -BeNullOrEmpty }
    It 'compiles the C# of WindowsTls, in the version of C# that Windows has' {
        . ([scriptblock]::Create([IO.File]::ReadAllText((Join-Path $root 'plugins/module_utils/WindowsTls.psm1'))))
        $source = (Get-ConnectivityTlsSource).Replace('namespace FederatedConnectivity', 'namespace CompiledByTests')
        $option = if ($PSVersionTable.PSVersion.Major -gt 5) { @{ CompilerOptions = '-langversion:5' } } else { @{} }
        Add-Type -TypeDefinition $source @option
        'CompiledByTests.Look' -as [type] | Should -Not -BeNullOrEmpty
        { Add-Type -TypeDefinition 'public class Later { public int Number => 1; }' @option -ErrorAction Stop } | Should -Throw
    }
    It 'reads <Name> as it is, whatever its code page' -ForEach $files { [IO.File]::ReadAllText($File) -cmatch '[^\x00-\x7f]' | Should -BeFalse }
    It 'finds files at all' { $own.Count | Should -BeGreaterThan 50 }
    It 'has each function once, since all of them stand in one script' { @($own | Group-Object | Where-Object { $_.Count -gt 1 } | ForEach-Object { $_.Name }) | Should -BeNullOrEmpty }
    It 'does not know <_>' -ForEach '$a ?? 1', '$a ? 1 : 2', 'Get-Item x && Get-Item y', 'ConvertFrom-Json -AsHashtable', 'Get-Uptime', '${a}?.b' { Find-Later $_ | Should -Not -BeNullOrEmpty }
}
