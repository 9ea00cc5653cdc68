import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from printer_inventory.folded import FirstTables


class Migration(FirstTables):

    replaces = [('access', '0001_initial'), ('access', '0002_whitelist_identity_audit'), ('access', '0003_organization_limit')]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('inventory', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EntityChangeLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contenttypes.contenttype', verbose_name='kind')),
                ('object_id', models.CharField(blank=True, default='', max_length=64, verbose_name='id')),
                ('object_repr', models.CharField(max_length=500, verbose_name='what')),
                ('action', models.CharField(choices=[('create', 'added'), ('update', 'changed'), ('delete', 'deleted'), ('sign_in', 'signed in'), ('sign_out', 'signed out'), ('refused', 'was refused'), ('revoked', 'lost access')], max_length=10, verbose_name='action')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('actor', models.CharField(blank=True, default='', max_length=150, verbose_name='by')),
                ('timestamp', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('changes', models.JSONField(blank=True, default=dict, verbose_name='changes')),
                ('reason', models.CharField(blank=True, default='', max_length=500, verbose_name='reason')),
                ('ip_address', models.GenericIPAddressField(blank=True, null=True, verbose_name='address')),
                ('user_agent', models.CharField(blank=True, default='', max_length=500, verbose_name='browser')),
            ],
            options={
                'verbose_name': 'change',
                'verbose_name_plural': 'changes',
                'ordering': ['-timestamp', '-id'],
                'permissions': [('view_entity_changes', 'Can read the audit log')],
                'default_permissions': (),
                'indexes': [models.Index(fields=['-timestamp', '-id'], name='change_time'), models.Index(fields=['content_type', 'object_id', '-timestamp'], name='change_object_time'), models.Index(fields=['user', '-timestamp'], name='change_user_time')],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='identity', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('issuer', models.CharField(max_length=500, verbose_name='provider')),
                ('subject', models.CharField(max_length=255, verbose_name='subject')),
                ('username', models.CharField(max_length=150, verbose_name='user name there')),
                ('linked_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='linked')),
            ],
            options={
                'verbose_name': 'identity at the provider',
                'verbose_name_plural': 'identities at the provider',
                'constraints': [models.UniqueConstraint(fields=('issuer', 'subject'), name='identity_issuer_subject_unique')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='ProviderSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='provider_sessions', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('id_token', models.TextField(editable=False)),
                ('refresh_token', models.TextField(blank=True, default='', editable=False)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='signed in')),
                ('checked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='last confirmed by the provider')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('end_reason', models.CharField(blank=True, default='', max_length=200, verbose_name='why')),
                ('ip_address', models.GenericIPAddressField(blank=True, null=True, verbose_name='address')),
                ('user_agent', models.CharField(blank=True, default='', max_length=300, verbose_name='browser')),
            ],
            options={
                'verbose_name': 'sign-in through the provider',
                'verbose_name_plural': 'sign-ins through the provider',
                'ordering': ['-started_at'],
                'indexes': [models.Index(fields=['user', '-started_at'], name='psession_user_started')],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='OrganizationLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='organization_limit', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('organizations', models.ManyToManyField(blank=True, related_name='+', to='inventory.organization', verbose_name='organizations')),
            ],
            options={
                'verbose_name': 'limit to organizations',
                'verbose_name_plural': 'limits to organizations',
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('name', models.CharField(help_text='What it is for, so that you know it again.', max_length=100, verbose_name='name')),
                ('prefix', models.CharField(max_length=12, verbose_name='starts with')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('scopes', models.JSONField(default=list, verbose_name='scopes')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='made')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
                ('last_used_at', models.DateTimeField(blank=True, null=True, verbose_name='last used')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
            ],
            options={
                'verbose_name': 'API token',
                'verbose_name_plural': 'API tokens',
                'ordering': ['-created_at', '-id'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='AllowedUser',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('username', models.CharField(help_text='As the provider knows it (preferred_username).', max_length=150, verbose_name='user name')),
                ('email', models.EmailField(blank=True, default='', max_length=254, verbose_name='e-mail')),
                ('full_name', models.CharField(blank=True, default='', max_length=255, verbose_name='full name')),
                ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='added')),
                ('added_by', models.CharField(blank=True, default='', editable=False, max_length=150, verbose_name='added by')),
                ('notes', models.TextField(blank=True, default='', verbose_name='notes')),
                ('requested_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='asked for access')),
                ('decided_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='decided')),
                ('initial_groups', models.ManyToManyField(blank=True, help_text='Given once, when the account is made. None: the default roles.', related_name='+', to='auth.group', verbose_name='roles at the first sign-in')),
                ('initial_organizations', models.ManyToManyField(blank=True, help_text='From the first sign-in on; it is changed at the account. None: everything the roles allow.', related_name='+', to='inventory.organization', verbose_name='sees only these organizations')),
            ],
            options={
                'verbose_name': 'allowed user',
                'verbose_name_plural': 'allowed users',
                'ordering': ['username'],
                'permissions': [('manage_users', 'Can manage users and their roles')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('username'), name='allowed_username_ci_unique')],
                'indexes': [],
            },
        ),
    ]
