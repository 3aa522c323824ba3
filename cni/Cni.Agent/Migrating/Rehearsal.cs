using System.Reflection;
using System.Runtime.CompilerServices;

namespace Cni.Agent.Migrating;

/// <summary>Has code be compiled before it is needed: what waits for a VM runs once, and then in milliseconds.</summary>
internal static class Rehearsal
{
    /// <summary>Compiles the methods of types; nothing of them runs.</summary>
    internal static void Prepare(params ReadOnlySpan<Type> types)
    {
        const BindingFlags All = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        foreach (var type in types)
        {
            foreach (var method in type.GetMethods(All).Where(method => method is { IsAbstract: false, ContainsGenericParameters: false }))
            {
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
            }
        }
    }
}
