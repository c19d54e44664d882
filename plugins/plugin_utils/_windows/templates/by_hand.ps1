function Invoke-ConnectivityByHand {
    # Runs the program above, says what it did, and leaves the exit code in the variable $connectivityExit.
    param([Parameter(Mandatory)] [hashtable] $Given, [Parameter(Mandatory)] [hashtable] $Options)
    $count = @(@($Given.rules) + @($Given['named']) | Where-Object { $_ } | ForEach-Object { @($_.DisplayName)[0] } | Sort-Object -Unique).Count
    $script:connectivityExit = 1
    try { $outcome = Invoke-ConnectivityPolicy -Given $Given -Options $Options }
    catch { "Nothing was changed: $($_.Exception.Message)"; return }
    foreach ($text in @($outcome.names) + @($outcome.warnings)) { Write-Warning $text }
    if ($outcome.errors.Count -gt 0) {
        $head = if ($outcome.unrestored) { 'The change failed, and a part of it is still there.' } else { 'Nothing was changed.' }
        "$head Reasons: $($outcome.errors.Count)"
        foreach ($text in $outcome.errors) { "- $text" }
        return
    }
    $outcome.lines
    $count -= $outcome.empty.Count
    $changed = $outcome.changes.Count
    if ($Options.check_mode -and $changed -gt 0) { "$changed would change. Nothing was changed." }
    elseif ($Options.check_mode) { 'Nothing would change.' }
    elseif ($Options.removal) { if ($changed -gt 0) { "$changed changed. No rule of this collection is left." } else { 'There was nothing to remove.' } }
    elseif ($changed -gt 0) { "$changed changed. The $count rules of the plan are in force." }
    else { "Nothing was changed. The $count rules of the plan are in force already." }
    if ($outcome.empty.Count -gt 0) { "Rules whose host names have no address yet, and which open nothing: $($outcome.empty.Count). They are $($outcome.empty -join ', ')" }
    $script:connectivityExit = if ($outcome.warnings.Count + $outcome.names.Count -gt 0) { 2 } else { 0 }
    if ($outcome.names.Count -gt 0) { "Warnings about host names: $($outcome.names.Count), see above." }
    if ($outcome.warnings.Count -gt 0) { "Warnings: $($outcome.warnings.Count), see above. They say what defeats these rules." }
}
