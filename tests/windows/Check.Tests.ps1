# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# check.ps1 with partners that are all silent: how many connections it tries, and how often it waits for them.

BeforeAll {
    $root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
    $template = [IO.File]::ReadAllText((Join-Path $root 'plugins/plugin_utils/_windows/templates/check.ps1'))
    # Counts in place of WindowsFirewallReach: nobody answers but the address in $answers.
    $core = 'function Test-ConnectivityTarget {
        param([hashtable[]] $Tries, [double] $Seconds)
        "$($Tries.Count) $Seconds" | Add-Content -LiteralPath $env:CHECK_ROUNDS
        foreach ($one in $Tries) { $one.Outcome = $(if ($one.Address -eq "127.0.0.1") { "open" } else { "silent" }); $one }
    }
    '
    function Invoke-Check([string] $Wanted, [string] $Untried = '@()') {
        $text = $template.Replace('$wanted = @()', "`$wanted = $Wanted").Replace('$untried = @()', "`$untried = $Untried").Replace("# core`n", $core)
        $file = Join-Path ([IO.Path]::GetTempPath()) "check-$([guid]::NewGuid()).ps1"
        $env:CHECK_ROUNDS = "$file.rounds"
        [IO.File]::WriteAllText($file, $text)
        $said = @(& $file)
        @{ Said = $said; Exit = $LASTEXITCODE; Rounds = @(if (Test-Path $env:CHECK_ROUNDS) { Get-Content $env:CHECK_ROUNDS }) }
        Remove-Item "$file*"
    }
}
Describe 'check.ps1' {
    It 'waits once for 4,004 connections to 1,001 partners that are all silent, and has a line for each partner' {
        $peers = @(0..1000 | ForEach-Object { "'10.0.$([Math]::Floor($_ / 250)).$($_ % 250 + 1)'"; "'2001:db8::$('{0:x}' -f ($_ + 1))'" }) -join ', '
        $done = Invoke-Check "@(@{ Rule = 'linksight.north.peer_http.egress'; Peer = $peers; Port = '8443', '9090' })"
        $done.Rounds | Should -Be '4004 5'
        $done.Exit | Should -Be 1
        @($done.Said | Where-Object { $_ -match '0 of 2 answer' }).Count | Should -Be 2002
        $done.Said[-1] | Should -Be '4004 connections tried, 0 answered.'
    }
    It 'ends with 0 where all answer, and lists what was not tried' {
        $done = Invoke-Check "@(@{ Rule = 'a'; Peer = '127.0.0.1'; Port = '8443' })" "@(@{ Rule = 'b'; Why = 'because it uses UDP' })"
        $done.Exit | Should -Be 0
        $done.Said | Should -Contain 'not tried: b, because it uses UDP'
        $done.Said[-1] | Should -Be '1 connections tried, 1 answered.'
    }
    It 'looks host names up, and names those without an address once' {
        $done = Invoke-Check "@(@{ Rule = 'a'; Peer = 'localhost', 'a..b'; Port = '8443' }, @{ Rule = 'b'; Peer = 'a..b', '$('x' * 300)'; Port = '9090' })"
        $done.Exit | Should -Be 1
        @($done.Said | Where-Object { $_ -like 'localhost *' }).Count | Should -Be 1
        @($done.Said | Where-Object { $_ -eq 'a..b has no address here' }).Count | Should -Be 1
        $done.Said | Should -Contain "$('x' * 300) has no address here"
    }
    It 'ends with 1 where nothing could be tried' {
        $done = Invoke-Check '@()'
        $done.Exit, $done.Rounds.Count | Should -Be 1, 0
    }
}
