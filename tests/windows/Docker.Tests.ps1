# Copyright: (c) 2026, federated.connectivity contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The forward proxy of Docker on Windows: files in a directory of the tests, and functions in place of the service.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Load.ps1')
    $realData = $env:ProgramData
    $script:service = @{ There = $true; Status = 'Running'; Restarts = 0; Refuses = { param($text) $false } }
    function Get-Service { param([string] $Name) if ($script:service.There) { [pscustomobject] @{ Name = $Name; Status = $script:service.Status } } }
    function Restart-Service {
        param([string] $Name, [switch] $Force)
        $script:service.Restarts++
        $text = if (Test-Path $daemonFile) { [IO.File]::ReadAllText($daemonFile) } else { '' }
        if (& $script:service.Refuses $text) { $script:service.Status = 'Stopped'; throw "Failed to start service 'Docker Engine (docker)'." }
        $script:service.Status = 'Running'
    }
    function Invoke-Docker([hashtable] $More = @{}) {
        $proxy = @{ http_proxy = 'http://proxy.example.org:3128'; https_proxy = 'http://proxy.example.org:3128'; no_proxy = @('localhost', '198.51.100.20') }
        $options = @{ daemon = $proxy; client = $null; credentials = $null; system = $true; desktop = $false; rootless_users = @(); client_users = @(); restart = $true; must_answer = $false; check_mode = $false; removal = $false }
        foreach ($key in $More.Keys) { $options[$key] = $More[$key] }
        Invoke-ConnectivityDocker -Options $options
    }
    function Set-Daemon([string] $Text) { $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($daemonFile)); [IO.File]::WriteAllText($daemonFile, $Text) }
    function Get-Daemon { if (Test-Path $daemonFile) { [IO.File]::ReadAllText($daemonFile) } }
    $member = '{"http-proxy":"http://proxy.example.org:3128","https-proxy":"http://proxy.example.org:3128","no-proxy":"localhost,198.51.100.20"}'
}
Describe 'The proxy of Docker' {
    BeforeEach {
        $directory = Join-Path ([IO.Path]::GetTempPath()) "docker-$([guid]::NewGuid())"
        $env:ProgramData, $env:ProgramFiles = (Join-Path $directory 'ProgramData'), (Join-Path $directory 'ProgramFiles')
        $null = New-Item -ItemType Directory -Path $env:ProgramData, $env:ProgramFiles
        $place = Get-ConnectivityDockerPlace
        $daemonFile, $desktopFile = $place.daemon.Path, $place.desktop.Path
        $script:service = @{ There = $true; Status = 'Running'; Restarts = 0; Refuses = { param($text) $false } }
    }
    AfterEach { Remove-Item -LiteralPath $directory -Recurse -Force }
    AfterAll { $env:ProgramData = $realData }

    It 'is shown in check mode, set, kept by a second run without a restart, and taken out again' {
        $seen = Invoke-Docker @{ check_mode = $true }
        $seen.changes | Should -Be $daemonFile, 'docker'
        $seen.diff[0].after | Should -Be "$member`n"
        Test-Path $daemonFile | Should -BeFalse
        $done = Invoke-Docker
        $done.errors | Should -BeNullOrEmpty
        ((Get-Daemon | ConvertFrom-Json).proxies | ConvertTo-Json -Compress) | Should -Be $member
        $script:service.Restarts | Should -Be 1
        $again = Invoke-Docker
        $again.changes.Count, $script:service.Restarts | Should -Be 0, 1
        (Invoke-Docker @{ removal = $true }).changes | Should -Be $daemonFile, 'docker'
        Test-Path $daemonFile | Should -BeFalse
        Test-Path $place.Directory | Should -BeFalse
        $script:service.Restarts | Should -Be 2
        (Invoke-Docker @{ removal = $true }).changes.Count | Should -Be 0
    }
    It 'leaves everything else as it is, in its order, and puts back what was there' {
        $text = '{"hosts": ["npipe://"], "proxies": {"http-proxy": "http://old.example.org:1"}, "log-opts": {"max-size": "10m", "tags": []}, "debug": false, "insecure-registries": ["198.51.100.9"], "x": {"a": {"b": {"c": {"d": [1, 2.5, null]}}}}}'
        Set-Daemon $text
        $null = Invoke-Docker
        Test-Path $place.State | Should -BeTrue
        $now = Get-Daemon | ConvertFrom-Json
        @($now.PSObject.Properties.Name) | Should -Be 'hosts', 'proxies', 'log-opts', 'debug', 'insecure-registries', 'x'
        $now.proxies.'no-proxy' | Should -Be 'localhost,198.51.100.20'
        $null = Invoke-Docker @{ removal = $true }
        (Get-Daemon | ConvertFrom-Json | ConvertTo-Json -Depth 9 -Compress) | Should -Be ($text | ConvertFrom-Json | ConvertTo-Json -Depth 9 -Compress)
    }
    It 'refuses a file that is not a JSON object, by its name: <_>' -ForEach '{"hosts": [', '[1, 2]', '"text"', 'not json', '[{"hosts": []}]' {
        Set-Daemon $_
        { Invoke-Docker } | Should -Throw "*$([Management.Automation.WildcardPattern]::Escape($daemonFile))*"
        Get-Daemon | Should -Be $_
        $script:service.Restarts | Should -Be 0
    }
    It 'is taken back if the service does not start with it: <Words>' -ForEach @(
        @{ Words = 'there was no file'; Text = '' }, @{ Words = 'there was a file'; Text = '{"debug": true}' }
    ) {
        if ($Text) { Set-Daemon $Text }
        $script:service.Refuses = { param($text) $text -like '*proxies*' }
        $done = Invoke-Docker
        $done.errors | Should -BeLike "*did not start with $([Management.Automation.WildcardPattern]::Escape($daemonFile))*as they were before, and the service docker runs with them*"
        $done.changes | Should -BeNullOrEmpty
        "$(Get-Daemon)" | Should -Be $Text
        $script:service.Status, $script:service.Restarts | Should -Be 'Running', 2
        Test-Path $place.State | Should -BeFalse
    }
    It 'says so if the service does not start with the former file either' {
        $script:service.Refuses = { param($text) $true }
        (Invoke-Docker).errors | Should -BeLike '*does not start with them either*'
    }
    It 'remembers that a restart is due' {
        (Invoke-Docker @{ restart = $false }).said | Should -Be 'the service docker does not use these proxies yet: restart it'
        (Invoke-Docker @{ restart = $false }).said | Should -Be 'the service docker does not use these proxies yet: restart it'
        $done = Invoke-Docker
        $done.changes, $script:service.Restarts | Should -Be 'docker', 1
        (Invoke-Docker).changes.Count | Should -Be 0
    }
    It 'does not start a service that somebody has stopped, and does nothing without Docker' {
        $script:service.Status = 'Stopped'
        (Invoke-Docker).said | Should -BeLike '*does not run, so it is not restarted*'
        $script:service.Restarts | Should -Be 0
        $null = Invoke-Docker @{ removal = $true }
        $script:service.There = $false
        $done = Invoke-Docker
        $done.said, $done.changes.Count | Should -Be 'no Docker daemon on this host: nothing to do', 0
        Test-Path $daemonFile | Should -BeFalse
    }
    It 'shows no password that others have set' {
        Set-Daemon '{"proxies": {"http-proxy": "http://anna:s3cret@own.example.org:1"}}'
        $done = Invoke-Docker
        $done.diff[0].before | Should -Be "{`"http-proxy`":`"xxxxx:xxxxx@own.example.org:1`"}`n"
        ($done | ConvertTo-Json -Depth 5) | Should -Not -BeLike '*s3cret*'
    }
    It 'is left alone where it is not wanted' {
        Set-Daemon '{"proxies": {"http-proxy": "http://own.example.org:1"}}'
        (Invoke-Docker @{ daemon = $null }).changes.Count | Should -Be 0
        (Invoke-Docker @{ system = $false }).changes.Count | Should -Be 0
        Get-Daemon | Should -BeLike '*own.example.org*'
    }
    It 'refuses what it cannot hold: <Words>' -ForEach @(
        @{ Words = '*credentials: *no password is written*'; More = @{ credentials = @{ http_proxy = 'u:p' } } }
        @{ Words = '*proxy.http_proxy: must have no user and no password*'; More = @{ daemon = @{ http_proxy = 'http://u:p@proxy.example.org:1'; no_proxy = @() } } }
        @{ Words = "*proxy.https_proxy: must be the URL*it is 'proxy:3128'*"; More = @{ daemon = @{ https_proxy = 'proxy:3128'; no_proxy = @() } } }
        @{ Words = "*'a,b' is not one exception*"; More = @{ daemon = @{ http_proxy = 'http://proxy.example.org:1'; no_proxy = @('a,b') } } }
        @{ Words = '*client_users: *'; More = @{ client_users = @('anna') } }
    ) {
        $done = Invoke-Docker $More
        "$($done.errors)" | Should -BeLike $Words
        "$($done.errors)" | Should -Not -BeLike '*u:p*'
        Test-Path $daemonFile | Should -BeFalse
    }
    It 'asks the proxy first' {
        $closed = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $closed.Start()
        $proxy = @{ http_proxy = "http://127.0.0.1:$($closed.LocalEndpoint.Port)"; no_proxy = @() }
        (Invoke-Docker @{ daemon = $proxy; must_answer = $true }).errors | Should -BeNullOrEmpty
        $null = Invoke-Docker @{ removal = $true }
        $closed.Stop()
        $done = Invoke-Docker @{ daemon = $proxy; must_answer = $true }
        $done.errors | Should -BeLike 'the forward proxy * does not answer this host; nothing was changed'
        Test-Path $daemonFile | Should -BeFalse
    }
    It 'of Docker Desktop is written where that is asked for, and said in words otherwise' {
        $script:service.There = $false
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($place.Program))
        [IO.File]::WriteAllText($place.Program, '')
        (Invoke-Docker).said | Should -BeLike 'Docker Desktop has settings of its own*proxy.example.org:3128*'
        Test-Path $desktopFile | Should -BeFalse
        $done = Invoke-Docker @{ desktop = $true }
        $done.changes | Should -Be $desktopFile
        $done.said | Should -BeLike '*quit Docker Desktop, and start it again'
        $written = [IO.File]::ReadAllText($desktopFile) | ConvertFrom-Json
        @($written.PSObject.Properties.Name) | Should -Be 'configurationFileVersion', 'proxy'
        ($written.proxy | ConvertTo-Json -Compress) | Should -Be '{"locked":true,"mode":"manual","http":"http://proxy.example.org:3128","https":"http://proxy.example.org:3128","exclude":["localhost","198.51.100.20"]}'
        (Invoke-Docker @{ desktop = $true }).changes.Count | Should -Be 0
        (Invoke-Docker @{ removal = $true }).changes | Should -Be $desktopFile
        Test-Path $desktopFile | Should -BeFalse
    }
    It 'of Docker Desktop keeps what an administrator set there' {
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($desktopFile))
        $text = '{"configurationFileVersion": 2, "exposeDockerAPIOnTCP2375": {"locked": true, "value": false}}'
        [IO.File]::WriteAllText($desktopFile, $text)
        $null = Invoke-Docker @{ desktop = $true; system = $false }
        $null = Invoke-Docker @{ removal = $true }
        ([IO.File]::ReadAllText($desktopFile) | ConvertFrom-Json | ConvertTo-Json -Depth 9 -Compress) | Should -Be ($text | ConvertFrom-Json | ConvertTo-Json -Depth 9 -Compress)
    }
}
